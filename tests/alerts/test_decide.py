"""What becomes of a match: told, held back, let go of. Through `replay`, the daemon's own pipeline."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from monitor.assess import Policy
from monitor.backtest.replay import replay_stream
from monitor.resources import builtin_path
from monitor.ruleset.load import load_rules

Say = Callable[..., str]


def said(minute: int, text: str, source: str = "wire", entry: str = "") -> str:
    """A line of the stream: one claim, `minute` minutes after the start."""
    at = f"2026-03-01T{minute // 60:02d}:{minute % 60:02d}:00Z"
    return json.dumps(
        {"at": at, "source": source, "entry": entry or f"e{minute}", "title": text, "url": "", "text": ""}
    )


@pytest.fixture
def alerts(tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """The alerts that a rule with these lines raises over a stream."""

    def run(rule: str, *lines: str) -> list[dict[str, Any]]:
        (tmp_path / "rule.yaml").write_text(f"name: ferries\ntitle: Ferries\nmatch: ferr*\n{rule}\n")
        rules, problems = load_rules(tmp_path, builtin_aliases=builtin_path("rules") / "aliases.yaml")
        assert problems == ()
        return [line for line in replay_stream(lines, Policy(rules)) if line["type"] == "alert"]

    return run


FIRST = "Around 300 ferries lie idle in the port of Halvik"
AGAIN = "In the port of Halvik some 300 ferries are idle"
MOVED = "Around 400 ferries lie idle in the port of Halvik"
MOVED_ON = "Around 500 ferries lie idle in the port of Halvik"
LONG = (
    "where the northern pier was torn away by the storm of Sunday and all pilots stay at home until the wind turns,"
    " the harbour master said"
)
AGENCYS = f"{FIRST}, {LONG}"  # long enough that nobody else comes to the same words


def claims(alert: dict[str, Any]) -> list[str]:
    return [finding["claim"] for finding in alert["findings"]]


def test_a_follow_up_says_what_moved_since_the_last_alert(alerts: Callable[..., list[dict[str, Any]]]) -> None:
    told = alerts("", said(0, FIRST), said(1, MOVED))

    assert [alert["since_last"] for alert in told] == [None, "Around 300 → Around 400"]


def test_a_date_that_moved_beside_a_denial_is_not_told_in_its_stead(
    alerts: Callable[..., list[dict[str, Any]]],
) -> None:
    denied = "Ferries have not left the port of Halvik, its master said on Monday"
    told = alerts("", said(0, denied), said(1, denied.replace("not ", "").replace("Monday", "Wednesday")))

    assert [(claims(alert), alert["since_last"]) for alert in told[1:]] == [
        (["Ferries have left the port of Halvik, its master said on Wednesday"], None)
    ]


def test_what_a_throttle_held_back_was_not_the_last_alert(alerts: Callable[..., list[dict[str, Any]]]) -> None:
    later = said(90, "A crane fell over in the port of Orsk")
    told = alerts("throttle: 1 per 1h", said(0, FIRST), said(1, MOVED), said(2, MOVED_ON), later)

    assert told[1]["since_last"] == "Around 300 → Around 500"


def test_same_words_are_told_once_whoever_says_them(alerts: Callable[..., list[dict[str, Any]]]) -> None:
    told = alerts("", said(0, FIRST), said(1, FIRST, "other"), said(2, FIRST, "third"))

    assert [claims(alert) for alert in told] == [[FIRST]]


def test_throttle_holds_back_and_tells_all_in_one_follow_up(alerts: Callable[..., list[dict[str, Any]]]) -> None:
    later = said(90, "A crane fell over in the port of Orsk")
    told = alerts("throttle: 1 per 1h", said(0, FIRST), said(1, MOVED), said(2, MOVED_ON), later)

    assert [claims(alert) for alert in told] == [[FIRST], [MOVED, MOVED_ON]]
    assert "2 held back by the throttle" in told[1]["reason"]


def test_throttle_of_one_story_leaves_others_alone(alerts: Callable[..., list[dict[str, Any]]]) -> None:
    other = "Storm tears the ferry pier of Brevik from its moorings"
    told = alerts("throttle: 1 per 1h", said(0, FIRST), said(1, other))

    assert [claims(alert) for alert in told] == [[FIRST], [other]]


def test_figure_that_crosses_its_limit_is_told_past_the_throttle(alerts: Callable[..., list[dict[str, Any]]]) -> None:
    rule = 'throttle: 1 per 1h\nfigures:\n  idle: {of: "ferr*", alert: above 450}'
    told = alerts(rule, said(0, FIRST), said(1, MOVED), said(2, MOVED_ON))

    assert [claims(alert) for alert in told] == [[FIRST], [MOVED_ON]]
    assert "idle: Around 400 → Around 500" in told[1]["reason"]


def test_corroboration_waits_for_a_second_source(alerts: Callable[..., list[dict[str, Any]]]) -> None:
    held = alerts("corroboration: 2", said(0, FIRST), said(1, FIRST, entry="same-source"))
    told = alerts("corroboration: 2", said(0, FIRST), said(1, AGAIN, "other"))

    assert held == []
    assert [claims(alert) for alert in told] == [[FIRST]]
    assert "confirmed by other, wire" in told[0]["reason"]
    assert [one["source"] for one in told[0]["findings"][0]["also_said_by"]] == ["other"]


def test_confirmed_alert_is_told_once_however_many_confirm_it(alerts: Callable[..., list[dict[str, Any]]]) -> None:
    told = alerts("corroboration: 2", said(0, FIRST), *(said(n, AGAIN, f"source{n}") for n in range(1, 4)))

    assert len(told) == 1


def test_an_agencys_text_confirms_nothing_however_many_carry_it(alerts: Callable[..., list[dict[str, Any]]]) -> None:
    carried = [said(0, AGENCYS), *(said(n, f"{AGENCYS.upper()}.", f"paper{n}") for n in range(1, 4))]
    own = f"{AGAIN}, {LONG}"

    assert alerts("corroboration: 2", *carried) == []
    told = alerts("corroboration: 2", *carried, said(5, own, "desk"))
    assert ["confirmed by desk, wire" in alert["reason"] for alert in told] == [True]
    assert alerts("corroboration: 3", *carried, said(5, own, "desk"), said(6, own, "paper5")) == []


def test_two_sources_that_come_to_the_same_few_words_confirm_each_other(
    alerts: Callable[..., list[dict[str, Any]]],
) -> None:
    told = alerts("corroboration: 2", said(0, FIRST), said(1, FIRST, "desk"))
    assert ["confirmed by desk, wire" in alert["reason"] for alert in told] == [True]


def test_a_headline_above_an_agencys_text_confirms_nothing(alerts: Callable[..., list[dict[str, Any]]]) -> None:
    def article(minute: int, source: str, title: str, text: str) -> str:
        return json.dumps(json.loads(said(minute, title, source)) | {"text": text})

    text, own = f"{AGENCYS}.", f"{AGAIN}, {LONG}."
    wire, paper = article(0, "wire", FIRST, text), article(1, "paper", AGAIN, text)

    assert alerts("corroboration: 2", wire, paper) == []
    assert len(alerts("corroboration: 2", wire, article(1, "paper", AGAIN, own))) == 1


def test_a_repetition_confirms_only_what_it_repeats(alerts: Callable[..., list[dict[str, Any]]]) -> None:
    other = "Storm tears the ferry pier of Brevik from its moorings"
    again = "The ferry pier of Brevik is torn from its moorings by a storm"
    lines = [said(0, FIRST), said(1, other), said(2, again, "desk")]

    assert [claims(alert) for alert in alerts("corroboration: 2", *lines)] == [[other]]


def test_an_alert_names_who_else_says_so(alerts: Callable[..., list[dict[str, Any]]]) -> None:
    own, moved_on = f"{AGAIN}, {LONG}", f"{MOVED}, {LONG}"
    lines = [said(0, AGENCYS, "desk"), said(1, AGENCYS, "copy"), said(2, own, "wire"), said(3, moved_on, "wire")]
    first, moved = alerts("sources: [wire]", *lines)

    assert [(one["source"], one["at"], one["text"]) for one in first["findings"][0]["also_said_by"]] == [
        ("desk", "2026-03-01T00:00:00Z", AGENCYS)
    ]
    assert moved["findings"][0]["also_said_by"] == []


def test_unconfirmed_news_is_told_low_and_again_in_full_when_a_second_source_appears(
    alerts: Callable[..., list[dict[str, Any]]],
) -> None:
    rule = "severity: high\ncorroboration: 2\nunconfirmed: low"
    again = "In the port of Halvik some 300 ferries are idle"
    told = alerts(rule, said(0, FIRST), said(1, FIRST, entry="same-source"))
    assert [(one["severity"], claims(one)) for one in told] == [("low", [FIRST])]
    assert "unconfirmed: 1 of 2 independent sources" in told[0]["reason"]

    told = alerts(rule, said(0, FIRST), said(1, again, "other"), said(2, FIRST, "third"))
    assert [(one["severity"], claims(one)) for one in told] == [("low", [FIRST]), ("high", [FIRST])]
    assert told[0]["id"] != told[1]["id"]
    assert told[0]["story"] == told[1]["story"]
    assert "confirmed by other, wire" in told[1]["reason"]
    assert "unconfirmed" not in told[1]["reason"]


def test_news_that_two_sources_have_said_is_never_told_as_unconfirmed(
    alerts: Callable[..., list[dict[str, Any]]],
) -> None:
    rule = "sources: [wire]\ncorroboration: 2\nunconfirmed: low"
    assert [one["severity"] for one in alerts(rule, said(1, FIRST, "wire"))] == ["low"]
    assert [one["severity"] for one in alerts(rule, said(0, FIRST, "desk"), said(1, FIRST, "wire"))] == ["medium"]


def test_unconfirmed_news_obeys_the_throttle_and_is_confirmed_all_the_same(
    alerts: Callable[..., list[dict[str, Any]]],
) -> None:
    rule = "severity: high\ncorroboration: 2\nunconfirmed: low\nthrottle: 1 per 1h"
    told = alerts(rule, said(0, FIRST), said(1, MOVED), said(2, "In Halvik port 400 ferries are idle", "other"))
    assert [(one["severity"], claims(one)) for one in told] == [("low", [FIRST]), ("high", [MOVED])]


def test_news_is_local_to_the_sources_a_rule_listens_to(alerts: Callable[..., list[dict[str, Any]]]) -> None:
    told = alerts("sources: [wire]", said(0, FIRST, "other"), said(1, FIRST, "wire"), said(2, FIRST, "wire", "x"))

    assert [(f["source"], f["novelty"]) for alert in told for f in alert["findings"]] == [("wire", "new")]


def test_withdrawn_claim_is_told_to_rules_that_ask_for_it(alerts: Callable[..., list[dict[str, Any]]]) -> None:
    def page(minute: int, text: str) -> str:
        return json.dumps({**json.loads(said(minute, "Port notes", entry="page")), "text": text})

    stream = (page(0, f"{FIRST}.\n\nThe harbour master went home."), page(1, "The harbour master went home."))
    assert [f["novelty"] for a in alerts("on: [withdrawn]", *stream) for f in a["findings"]] == ["withdrawn"]
    assert [f["novelty"] for a in alerts("", *stream) for f in a["findings"]] == ["new"]


def test_a_claim_of_another_story_than_its_alerts_is_told_once(alerts: Callable[..., list[dict[str, Any]]]) -> None:
    def notice(minute: int, country: str) -> str:
        title, text = f"{country} travel advice", "All ferries must carry life jackets for infants from 1 May."
        line = {"at": f"2026-03-01T00:{minute:02d}:00Z", "source": "advice", "url": "", "entry": country}
        return json.dumps(
            line | {"title": title, "text": f"<ul><li>Ferries of {country} sail.</li><li>{text}</li></ul>"}
        )

    told = alerts("", notice(0, "Norway"), notice(1, "Chile"), notice(2, "Japan"))

    jackets = [claim for alert in told for claim in claims(alert) if "life jackets" in claim]
    assert len(jackets) == 1
