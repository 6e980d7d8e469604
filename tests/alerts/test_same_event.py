"""One event told by several sources: second sources in any wording, their figures, and one confirmed alert.

Tested through `replay`, which runs the daemon's pipeline, on news of accidents, companies, health and earthquakes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from monitor.assess import Policy
from monitor.backtest.replay import replay_stream
from monitor.backtest.run import StoredUpdate, run_backtest, split_by_scope
from monitor.model import Claim, Finding, Novelty, PriorClaim, Role, Update
from monitor.resources import builtin_path
from monitor.ruleset.load import load_rules

AlertsOf = Callable[..., list[dict[str, Any]]]
Said = tuple[str, str]  # a source and its headline

FIRE_12 = "At least 12 people dead in ferry fire off Halvik"
FIRE_14 = "Ferry fire off Halvik: 14 people dead"
QUAKE_61 = "Magnitude 6.1 earthquake strikes off Tarnsund"
PLANT = "Zelwood Motors closes its plant in Brevik"


def stream(*said: Said | tuple[str, str, str], minutes: int = 10) -> list[str]:
    """Lines for `replay`, `minutes` apart; a third part is the key of the entry."""
    return [
        json.dumps(
            {
                "at": f"2026-03-{1 + number * minutes // 1440:02d}T{number * minutes // 60 % 24:02d}"
                f":{number * minutes % 60:02d}:00Z",
                "source": source,
                "entry": entry[0] if entry else f"e{number}",
                "title": title,
                "url": "",
                "text": "",
            }
        )
        for number, (source, title, *entry) in enumerate(said)
    ]


@pytest.fixture
def alerts_of(tmp_path: Path) -> AlertsOf:
    """The alerts of a rule that needs two sources, over a stream; `rule_lines` may change that."""

    def run(lines: list[str], rule_lines: str = "corroboration: 2", match: str = '"*"') -> list[dict[str, Any]]:
        (tmp_path / "rule.yaml").write_text(
            f"name: events\nmatch: {match}\nseverity: high\n{rule_lines}\n", encoding="utf-8"
        )
        rules, problems = load_rules(tmp_path, builtin_aliases=builtin_path("rules") / "aliases.yaml")
        assert problems == ()
        return [line for line in replay_stream(lines, Policy(rules)) if line["type"] == "alert"]

    return run


UNCONFIRMED = "corroboration: 2\nunconfirmed: low"


def severities(alerts: list[dict[str, Any]]) -> list[str]:
    return [alert["severity"] for alert in alerts]


def figures(finding: dict[str, Any]) -> list[tuple[str, str]]:
    return [(point["text"], point["source"]) for point in finding["figures"]]


def others(finding: dict[str, Any]) -> list[tuple[str, str]]:
    return [(prior["source"], prior["text"]) for prior in finding["also_said_by"]]


@pytest.mark.parametrize(
    ("match", "first", "second", "shown"),
    [
        ("ferr*", FIRE_12, FIRE_14, [("At least 12", "wire"), ("14", "press")]),
        ("ferr*", FIRE_14, FIRE_12, [("14", "wire"), ("At least 12", "press")]),
        (
            "quake* OR earthquake*",
            QUAKE_61,
            "Earthquake of magnitude 6.3 hits off Tarnsund",
            [("Magnitude 6.1", "wire"), ("magnitude 6.3", "press")],
        ),
        (
            "profit*",
            "Norland Bank profit rises to $1.2 billion",
            "Norland Bank reports profit of $1.3 billion",
            [("$1.2 billion", "wire"), ("$1.3 billion", "press")],
        ),
        (
            "ferr*",
            "Ferry fire off Halvik kills at least 12",
            "Ferry fire off Halvik: 14 dead",
            [("at least 12", "wire"), ("14", "press")],
        ),
        (
            "flood*",
            "Flood in Ostra displaces 3,000 people",
            "Ostra floods: 4,000 displaced",
            [("3,000", "wire"), ("4,000", "press")],
        ),
        (
            "measles",
            "Ostra confirms 31 cases of measles",
            "Ostra confirms 34 cases of measles",
            [("31", "wire"), ("34", "press")],
        ),
    ],
)
@pytest.mark.parametrize("rule_lines", ["corroboration: 2", UNCONFIRMED])
def test_another_figure_confirms_the_event_and_is_merged_into_its_alert(
    alerts_of: AlertsOf, match: str, first: str, second: str, shown: list[tuple[str, str]], rule_lines: str
) -> None:
    alerts = alerts_of(stream(("wire", first), ("press", second)), rule_lines, match)

    assert severities(alerts) == (["high"] if rule_lines != UNCONFIRMED else ["low", "high"])
    (finding,) = alerts[-1]["findings"]
    assert (finding["claim"], others(finding), figures(finding)) == (first, [("press", second)], shown)
    assert "confirmed by press, wire: " + ", ".join(f"{text} ({who})" for text, who in shown) in alerts[-1]["reason"]


@pytest.mark.parametrize(
    ("match", "first", "second"),
    [
        (
            "ferr*",
            "Ferry catches fire off Halvik",
            "A ferry has caught fire off Halvik with 80 passengers on board, the coast guard said",
        ),
        (
            "plant*",
            PLANT,
            "Zelwood Motors closes its plant in Brevik, where 900 people build vans, to save money",
        ),
    ],
)
def test_a_source_with_more_details_confirms_the_earlier_claim(
    alerts_of: AlertsOf, match: str, first: str, second: str
) -> None:
    (alert,) = alerts_of(stream(("wire", first), ("press", second)), match=match)

    assert [finding["claim"] for finding in alert["findings"]] == [first, second]
    assert others(alert["findings"][0]) == [("press", second)]
    assert others(alert["findings"][1]) == []  # nobody else says all of it


def test_a_claim_that_repeats_several_confirms_each_of_them(alerts_of: AlertsOf) -> None:
    lines = stream(
        ("wire", "The Orsk bridge has collapsed into the river Velden"),
        ("wire", "Orsk bridge collapsed into river Velden after flood, police say"),
        ("press", "Orsk bridge collapsed after flood"),
        ("gov", "The bridge of Orsk fell into the Velden"),
        ("radio", "Orsk bridge collapses into Velden river"),
    )
    (alert,) = alerts_of(lines, UNCONFIRMED.replace("low", "info"), "bridge*")[2:]

    assert alert["severity"] == "high"
    assert [finding["claim"] for finding in alert["findings"]] == [
        "Orsk bridge collapsed into river Velden after flood, police say"
    ]
    assert len(alert["confirms"]) == 2


def test_three_sources_with_three_figures_are_three_sources(alerts_of: AlertsOf) -> None:
    lines = stream(("wire", FIRE_12), ("press", FIRE_14), ("gov", "Ferry fire off Halvik leaves 15 people dead"))

    assert alerts_of(lines[:2], "corroboration: 3", "ferr*") == []
    (alert,) = alerts_of(lines, "corroboration: 3", "ferr*")
    assert figures(alert["findings"][0]) == [("At least 12", "wire"), ("14", "press"), ("15", "gov")]


@pytest.mark.parametrize(
    ("match", "first", "second"),
    [
        ("ferr*", "Ferries have left the port of Halvik", "Ferries have not left the port of Halvik"),
        ("earthquake*", QUAKE_61, "Magnitude 6.1 earthquake strikes off Ostra"),
        ("plant*", PLANT, "Zelwood Motors opens its plant in Brevik"),
        ("drone*", "Drone strike on Orsk kills 3", "Second drone strike on Orsk kills 5"),
        ("drone*", "Drone strike on Orsk kills 3", "Second drone strike on Orsk kills 3"),
        (
            "fine*",
            "Court fines Zelwood 3 million euros over emissions",
            "Court fines Zelwood 5 million euros over data breach",
        ),
        (
            "profit* OR revenue*",
            "Norland Bank profit rises to $1.2 billion",
            "Norland Bank revenue rises to $1.3 billion",
        ),
        ("wildfire*", "Wildfire near Ostra burns 300 hectares", "Wildfire near Ostra burns 40 houses"),
        ("cases", "Ostra confirms 31 cases of measles", "Ostra confirms 34 cases of mumps"),
    ],
)
def test_a_denial_and_another_event_confirm_nothing(alerts_of: AlertsOf, match: str, first: str, second: str) -> None:
    assert alerts_of(stream(("wire", first), ("press", second)), match=match) == []


def test_a_figure_of_another_day_is_not_a_second_source(alerts_of: AlertsOf) -> None:
    said = (("wire", "Ostra counts 31 cases of measles"), ("press", "Ostra counts 45 cases of measles"))

    assert len(alerts_of(stream(*said), match="measles")) == 1
    assert alerts_of(stream(*said, minutes=3 * 1440), match="measles") == []


def test_two_figures_of_one_source_are_one_source(alerts_of: AlertsOf) -> None:
    assert alerts_of(stream(("wire", FIRE_12), ("wire", FIRE_14)), match="ferr*") == []


@pytest.mark.parametrize("rule_lines", ["corroboration: 2", UNCONFIRMED])
def test_an_event_is_confirmed_once_however_many_sources_follow(alerts_of: AlertsOf, rule_lines: str) -> None:
    lines = stream(
        ("wire", FIRE_12),
        ("press", FIRE_14),
        ("gov", "Ferry fire off Halvik leaves 14 people dead"),
        ("radio", "At least 12 people have died in ferry fire off Halvik"),
        ("wire", "At least 14 people dead in ferry fire off Halvik", "e0"),
        ("tv", "Ferry fire off Halvik: 16 people dead"),
    )
    alerts = alerts_of(lines, rule_lines, "ferr*")

    assert severities(alerts).count("high") == 1
    assert severities(alerts)[:-1] == (["low"] if rule_lines == UNCONFIRMED else [])


def test_a_later_figure_alerts_once_two_sources_give_it(alerts_of: AlertsOf) -> None:
    lines = stream(
        ("wire", FIRE_12),
        ("press", FIRE_14),
        ("radio", "Ferry fire off Halvik: 16 people dead"),
        ("press", "Ferry fire off Halvik: 17 people dead"),
        ("tv", "16 people dead in ferry fire off Halvik"),
    )
    first, second = alerts_of(lines, "corroboration: 2", "ferr*")

    assert [finding["claim"] for finding in second["findings"]] == ["Ferry fire off Halvik: 16 people dead"]
    assert "confirmed by radio, tv" in second["reason"]
    assert ("tv", "16 people dead in ferry fire off Halvik") in others(second["findings"][0])
    assert first["confirms"] == second["confirms"] == []


def test_an_edit_before_the_second_source_is_part_of_the_confirmed_alert(alerts_of: AlertsOf) -> None:
    lines = stream(
        ("wire", FIRE_12, "fire"),
        ("wire", FIRE_12.replace("12", "16"), "fire"),
        ("press", FIRE_14),
    )
    early, later, confirmed = alerts_of(lines, UNCONFIRMED, "ferr*")

    assert severities([early, later, confirmed]) == ["low", "low", "high"]
    assert confirmed["confirms"] == [early["id"], later["id"]]
    assert [finding["claim"] for finding in confirmed["findings"]] == [FIRE_12.replace("12", "16")]
    assert figures(confirmed["findings"][0]) == [("At least 16", "wire"), ("14", "press")]


def test_later_claims_about_a_confirmed_event_are_not_alerted_as_unconfirmed(
    alerts_of: AlertsOf,
) -> None:
    more = "A ferry has caught fire off Halvik with 80 passengers on board, the coast guard said"
    lines = stream(("wire", "Ferry catches fire off Halvik"), ("press", "Ferry on fire off Halvik"), ("gov", more))

    assert severities(alerts_of(lines, UNCONFIRMED, "ferr*")) == ["low", "high"]


def test_the_first_source_may_be_one_that_the_rule_does_not_cover(alerts_of: AlertsOf) -> None:
    (alert,) = alerts_of(stream(("press", FIRE_14), ("wire", FIRE_12)), "corroboration: 2\nsources: [wire]", "ferr*")

    (finding,) = alert["findings"]
    assert (finding["claim"], others(finding)) == (FIRE_12, [("press", FIRE_14)])
    assert figures(finding) == [("14", "press"), ("At least 12", "wire")]


def test_a_back_test_confirms_an_event_by_another_figure_once(tmp_path: Path) -> None:
    def stored(number: int, source: str, title: str, finding: Finding) -> StoredUpdate:
        update = Update(source, f"e{number}", 60.0 * number, title, "", "")
        return StoredUpdate(number, update, update.at, (finding,))

    def says(text: str, novelty: Novelty, nearest: PriorClaim | None = None) -> Finding:
        return Finding(Claim(text, Role.TITLE), novelty, 89.0, (), nearest, "st-1")

    first = PriorClaim(FIRE_12, "wire", "e1", 60.0, "st-1")
    updates = [
        stored(1, "wire", FIRE_12, says(FIRE_12, Novelty.NEW)),
        stored(2, "press", FIRE_14, says(FIRE_14, Novelty.CHANGED, first)),
        stored(3, "gov", FIRE_14.upper(), says(FIRE_14.upper(), Novelty.REPEATED, first)),
    ]
    (tmp_path / "rule.yaml").write_text(f"name: events\nmatch: ferr*\nseverity: high\n{UNCONFIRMED}\n")
    rules, _ = load_rules(tmp_path, builtin_aliases=None)
    (alerts,) = run_backtest([split_by_scope(rules)], updates, {}, end=1e6)

    assert [str(found.alert.severity) for found in alerts] == ["low", "high"]
    assert [point.text for point in alerts[1].alert.findings[0].figures] == ["At least 12", "14"]
