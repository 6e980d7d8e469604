"""Decisions about matches: sent, held, released. Tested through `replay`, which runs the daemon's pipeline."""

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

AlertsOf = Callable[..., list[dict[str, Any]]]


def news(minute: int, text: str, source: str = "wire", entry: str = "") -> str:
    """A line for `replay`: an update with one claim, `minute` minutes after the start."""
    at = f"2026-03-01T{minute // 60:02d}:{minute % 60:02d}:00Z"
    return json.dumps(
        {"at": at, "source": source, "entry": entry or f"e{minute}", "title": text, "url": "", "text": ""}
    )


@pytest.fixture
def alerts_of(tmp_path: Path) -> AlertsOf:
    """The alerts of a rule about ferries, with these lines added to it, over a stream of updates."""

    def run(rule_lines: str, *stream: str, match: str = "ferr*") -> list[dict[str, Any]]:
        (tmp_path / "rule.yaml").write_text(f"name: ferries\ntitle: Ferries\nmatch: {match}\n{rule_lines}\n")
        rules, problems = load_rules(tmp_path, builtin_aliases=builtin_path("rules") / "aliases.yaml")
        assert problems == ()
        return [line for line in replay_stream(stream, Policy(rules)) if line["type"] == "alert"]

    return run


IDLE_300 = "Around 300 ferries lie idle in the port of Halvik"
IDLE_300_REWORDED = "In the port of Halvik some 300 ferries are idle"
IDLE_400 = "Around 400 ferries lie idle in the port of Halvik"
IDLE_500 = "Around 500 ferries lie idle in the port of Halvik"
DETAILS = (
    "where the northern pier was torn away by the storm of Sunday and all pilots stay at home until the wind turns,"
    " the harbour master said"
)
AGENCY_TEXT = f"{IDLE_300}, {DETAILS}"  # so long that another source with the same words must be a copy


def claims(alert: dict[str, Any]) -> list[str]:
    return [finding["claim"] for finding in alert["findings"]]


@pytest.mark.parametrize("text", ["{} ferries are free in Halvik", "The yard of Ostra has {} ferries left"])
def test_a_figure_that_returns_below_a_limit_alerts_again(alerts_of: AlertsOf, text: str) -> None:
    rule = "figures:\n  free:\n    of: ferr*\n    alert: below 30"
    raised = alerts_of(rule, *(news(60 * i, text.format(n), entry="page") for i, n in enumerate((40, 25, 34, 25))))

    assert [alert["reason"].rpartition("; ")[2] for alert in raised[1:]] == [
        "free: 40 → 25",
        "changed: “ferries” matched rule ferries",
        "free: 34 → 25",
    ]


def test_a_claim_that_adds_to_an_event_claims_no_change_since_the_last_alert(alerts_of: AlertsOf) -> None:
    first = "The mayor said on 4 May that Norland ferries reached Ostra with grain for Velden."
    more = first.replace("The mayor said on 4 May", "On 4 May, the Tarnsund Pilots reported").replace(
        "grain", "grain and Marnholm rice"
    )
    raised = alerts_of("", news(0, first), news(60, more))

    assert [alert["since_last"] for alert in raised] == [None, None]
    assert raised[1]["findings"][0]["novelty"] == "changed"


def test_an_alert_says_what_changed_since_the_last_one(alerts_of: AlertsOf) -> None:
    raised = alerts_of("", news(0, IDLE_300), news(1, IDLE_400))

    assert [alert["since_last"] for alert in raised] == [None, "Around 300 → Around 400"]


def test_a_changed_date_beside_a_changed_negation_is_not_the_summary(alerts_of: AlertsOf) -> None:
    denied = "Ferries have not left the port of Halvik, its master said on Monday"
    raised = alerts_of("", news(0, denied), news(1, denied.replace("not ", "").replace("Monday", "Wednesday")))

    assert [(claims(alert), alert["since_last"]) for alert in raised[1:]] == [
        (["Ferries have left the port of Halvik, its master said on Wednesday"], None)
    ]


def test_a_throttled_match_does_not_count_as_the_last_alert(alerts_of: AlertsOf) -> None:
    later = news(90, "A crane fell over in the port of Orsk")
    raised = alerts_of("throttle: 1 per 1h", news(0, IDLE_300), news(1, IDLE_400), news(2, IDLE_500), later)

    assert raised[1]["since_last"] == "Around 300 → Around 500"


def test_the_same_words_from_several_sources_are_one_alert(alerts_of: AlertsOf) -> None:
    raised = alerts_of("", news(0, IDLE_300), news(1, IDLE_300, "other"), news(2, IDLE_300, "third"))

    assert [claims(alert) for alert in raised] == [[IDLE_300]]


def test_throttled_matches_are_sent_in_one_follow_up(alerts_of: AlertsOf) -> None:
    later = news(90, "A crane fell over in the port of Orsk")
    raised = alerts_of("throttle: 1 per 1h", news(0, IDLE_300), news(1, IDLE_400), news(2, IDLE_500), later)

    assert [claims(alert) for alert in raised] == [[IDLE_300], [IDLE_400, IDLE_500]]
    assert "2 held by the throttle" in raised[1]["reason"]


def test_a_throttle_counts_each_story_separately(alerts_of: AlertsOf) -> None:
    other = "Storm tears the ferry pier of Brevik from its moorings"
    raised = alerts_of("throttle: 1 per 1h", news(0, IDLE_300), news(1, other))

    assert [claims(alert) for alert in raised] == [[IDLE_300], [other]]


def test_a_figure_that_crosses_its_limit_passes_the_throttle(alerts_of: AlertsOf) -> None:
    rule = 'throttle: 1 per 1h\nfigures:\n  idle: {of: "ferr*", alert: above 450}'
    raised = alerts_of(rule, news(0, IDLE_300), news(1, IDLE_400), news(2, IDLE_500))

    assert [claims(alert) for alert in raised] == [[IDLE_300], [IDLE_500]]
    assert "idle: Around 400 → Around 500" in raised[1]["reason"]


def test_a_limit_in_percent_follows_percent_only(alerts_of: AlertsOf) -> None:
    rule = "figures:\n  fares: {of: fare*, alert: above 4.4%}"
    stream = ["Ferry fares rise by 25 basis points", "Ferry fares rise 4.5%", "Ferry fares may rise 9%"]
    raised = [alert for minute, text in enumerate(stream) for alert in alerts_of(rule, news(minute, text))]

    assert [alert["reason"].partition("; ")[2] for alert in raised] == ["", "fares: 4.5%", ""]


def test_an_alert_says_that_a_number_is_a_forecast(alerts_of: AlertsOf) -> None:
    (forecast,) = alerts_of("", news(0, "Halvik will buy 120 ferries"), match="~ferr* > 100")
    (fact,) = alerts_of("", news(0, "Halvik has bought 120 ferries"), match="~ferr* > 100")

    assert forecast["reason"] == "new: “120” (a forecast), “ferries” matched rule ferries"
    assert fact["reason"] == "new: “120”, “ferries” matched rule ferries"


def test_corroboration_waits_for_a_second_source(alerts_of: AlertsOf) -> None:
    held = alerts_of("corroboration: 2", news(0, IDLE_300), news(1, IDLE_300, entry="same-source"))
    raised = alerts_of("corroboration: 2", news(0, IDLE_300), news(1, IDLE_300_REWORDED, "other"))

    assert held == []
    assert [claims(alert) for alert in raised] == [[IDLE_300]]
    assert "confirmed by other, wire" in raised[0]["reason"]
    assert [prior["source"] for prior in raised[0]["findings"][0]["also_said_by"]] == ["other"]


def test_further_confirmations_send_no_further_alert(alerts_of: AlertsOf) -> None:
    confirmations = [news(n, IDLE_300_REWORDED, f"source{n}") for n in range(1, 4)]

    assert len(alerts_of("corroboration: 2", news(0, IDLE_300), *confirmations)) == 1


def test_copies_of_an_agencys_text_confirm_nothing(alerts_of: AlertsOf) -> None:
    carried = [news(0, AGENCY_TEXT), *(news(n, f"{AGENCY_TEXT.upper()}.", f"paper{n}") for n in range(1, 4))]
    own = f"{IDLE_300_REWORDED}, {DETAILS}"

    assert alerts_of("corroboration: 2", *carried) == []
    raised = alerts_of("corroboration: 2", *carried, news(5, own, "desk"))
    assert ["confirmed by desk, wire" in alert["reason"] for alert in raised] == [True]
    assert alerts_of("corroboration: 3", *carried, news(5, own, "desk"), news(6, own, "paper5")) == []


def test_two_sources_with_the_same_short_claim_confirm_each_other(alerts_of: AlertsOf) -> None:
    raised = alerts_of("corroboration: 2", news(0, IDLE_300), news(1, IDLE_300, "desk"))
    assert ["confirmed by desk, wire" in alert["reason"] for alert in raised] == [True]


def test_a_headline_above_an_agencys_text_confirms_nothing(alerts_of: AlertsOf) -> None:
    def article(minute: int, source: str, title: str, text: str) -> str:
        return json.dumps(json.loads(news(minute, title, source)) | {"text": text})

    text, own = f"{AGENCY_TEXT}.", f"{IDLE_300_REWORDED}, {DETAILS}."
    wire, paper = article(0, "wire", IDLE_300, text), article(1, "paper", IDLE_300_REWORDED, text)

    assert alerts_of("corroboration: 2", wire, paper) == []
    assert len(alerts_of("corroboration: 2", wire, article(1, "paper", IDLE_300_REWORDED, own))) == 1


def test_a_repetition_confirms_only_the_claim_it_repeats(alerts_of: AlertsOf) -> None:
    other = "Storm tears the ferry pier of Brevik from its moorings"
    again = "The ferry pier of Brevik is torn from its moorings by a storm"
    lines = [news(0, IDLE_300), news(1, other), news(2, again, "desk")]

    assert [claims(alert) for alert in alerts_of("corroboration: 2", *lines)] == [[other]]


def test_an_alert_names_the_other_independent_sources(alerts_of: AlertsOf) -> None:
    original, copy = news(0, AGENCY_TEXT, "desk"), news(1, AGENCY_TEXT, "copy")
    reworded, changed = news(2, f"{IDLE_300_REWORDED}, {DETAILS}"), news(3, f"{IDLE_400}, {DETAILS}")
    first, second = alerts_of("sources: [wire]", original, copy, reworded, changed)

    (other,) = first["findings"][0]["also_said_by"]
    assert (other["source"], other["at"], other["text"]) == ("desk", "2026-03-01T00:00:00Z", AGENCY_TEXT)
    assert second["findings"][0]["also_said_by"] == []


def test_unconfirmed_news_is_sent_with_low_severity_and_again_once_confirmed(alerts_of: AlertsOf) -> None:
    rule = "severity: high\ncorroboration: 2\nunconfirmed: low"
    raised = alerts_of(rule, news(0, IDLE_300), news(1, IDLE_300, entry="same-source"))
    assert [(alert["severity"], claims(alert)) for alert in raised] == [("low", [IDLE_300])]
    assert "unconfirmed: 1 of 2 independent sources" in raised[0]["reason"]

    raised = alerts_of(rule, news(0, IDLE_300), news(1, IDLE_300_REWORDED, "other"), news(2, IDLE_300, "third"))
    assert [(alert["severity"], claims(alert)) for alert in raised] == [("low", [IDLE_300]), ("high", [IDLE_300])]
    assert raised[0]["id"] != raised[1]["id"]
    assert raised[0]["story"] == raised[1]["story"]
    assert "confirmed by other, wire" in raised[1]["reason"]
    assert "unconfirmed" not in raised[1]["reason"]


def test_news_from_two_sources_is_never_sent_as_unconfirmed(alerts_of: AlertsOf) -> None:
    rule = "sources: [wire]\ncorroboration: 2\nunconfirmed: low"
    from_one = alerts_of(rule, news(1, IDLE_300, "wire"))
    from_two = alerts_of(rule, news(0, IDLE_300, "desk"), news(1, IDLE_300, "wire"))
    assert [alert["severity"] for alert in from_one] == ["low"]
    assert [alert["severity"] for alert in from_two] == ["medium"]


def test_throttled_unconfirmed_news_is_still_sent_once_confirmed(alerts_of: AlertsOf) -> None:
    rule = "severity: high\ncorroboration: 2\nunconfirmed: low\nthrottle: 1 per 1h"
    confirmation = news(2, "In Halvik port 400 ferries are idle", "other")
    raised = alerts_of(rule, news(0, IDLE_300), news(1, IDLE_400), confirmation)
    assert [(alert["severity"], claims(alert)) for alert in raised] == [("low", [IDLE_300]), ("high", [IDLE_400])]


def test_a_rule_with_sources_compares_only_with_their_claims(alerts_of: AlertsOf) -> None:
    stream = (news(0, IDLE_300, "other"), news(1, IDLE_300, "wire"), news(2, IDLE_300, "wire", "x"))
    raised = alerts_of("sources: [wire]", *stream)

    assert [(f["source"], f["novelty"]) for alert in raised for f in alert["findings"]] == [("wire", "new")]


def test_a_withdrawn_claim_alerts_only_rules_with_withdrawn_in_on(alerts_of: AlertsOf) -> None:
    def page(minute: int, text: str) -> str:
        return json.dumps({**json.loads(news(minute, "Port notes", entry="page")), "text": text})

    stream = (page(0, f"{IDLE_300}.\n\nThe harbour master went home."), page(1, "The harbour master went home."))
    assert [f["novelty"] for a in alerts_of("on: [withdrawn]", *stream) for f in a["findings"]] == ["withdrawn"]
    assert [f["novelty"] for a in alerts_of("", *stream) for f in a["findings"]] == ["new"]


def test_a_claim_in_another_story_than_its_alert_is_alerted_once(alerts_of: AlertsOf) -> None:
    def notice(minute: int, country: str) -> str:
        title, text = f"{country} travel advice", "All ferries must carry life jackets for infants from 1 May."
        line = {"at": f"2026-03-01T00:{minute:02d}:00Z", "source": "advice", "url": "", "entry": country}
        page = f"<ul><li>Ferries of {country} sail.</li><li>{text}</li></ul>"
        return json.dumps(line | {"title": title, "text": page})

    raised = alerts_of("", notice(0, "Norway"), notice(1, "Chile"), notice(2, "Japan"))

    jackets = [claim for alert in raised for claim in claims(alert) if "life jackets" in claim]
    assert len(jackets) == 1
