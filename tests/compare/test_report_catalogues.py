"""Catalogues, headlines and recurring entries: the same words in another entry."""

from __future__ import annotations

from typing import Any

import pytest
from kit.replay_lines import DAY_HOURS, ReplayStream, novelty_by_claim

CATALOGUES = {
    "recalls": ("Hazard: Choking\nRemedy: Refund", ("Vintra syrup", "Hill Farm cheese", "Orlo pram")),
    "vulnerabilities": ("Severity: Critical\nVector: Network", ("Lumo gateway", "Kestrel VPN", "Vintra camera")),
    "ferries": ("Status: Open\nVehicles: Allowed", ("Halvik line", "Marnholm line", "Tarnsund line")),
}
NOTICES = {
    "status page": (
        "We are investigating reports of failing requests.\nSome customers may see timeouts.",
        ("Login errors", "Slow uploads", "Missing invoices"),
    ),
    "travel advice": (
        "Carry your passport at all times.\nPhotography of bridges is forbidden.",
        ("Norland", "Ostland", "Westmark"),
    ),
}
catalogue_names = pytest.mark.parametrize("name", CATALOGUES)
all_names = pytest.mark.parametrize("name", [*CATALOGUES, *NOTICES])


def entries(name: str, extra: str = "") -> ReplayStream:
    """A source with one entry for each thing of a catalogue, all with the same words."""
    text, titles = (CATALOGUES | NOTICES)[name]
    stream = ReplayStream()
    for title in titles:
        stream.say(name, title, f"{text}\n{extra}", title=title)
    return stream


def edited(name: str, before: str, after: str) -> ReplayStream:
    """The same, then each entry's sentence `before` is replaced by `after`."""
    text, titles = (CATALOGUES | NOTICES)[name]
    stream = entries(name, before)
    for title in titles:
        stream.say(name, title, f"{text}\n{after}", title=title)
    return stream


def findings_of(stream: ReplayStream, claim: str) -> list[dict[str, Any]]:
    return [one for one in stream.results() if one["type"] == "finding" and one["claim"] == claim]


@pytest.mark.parametrize(
    ("titles", "sentence"),
    [
        pytest.param(
            ("Storm in Velden", "Storm in Velden: schools closed"),
            "Gusts tore the roof off the sports hall in Lindal.",
            id="weather",
        ),
        pytest.param(
            ("Battle for Sarna", "Battle for Dolvik"), "Shells hit the water tower of Sarna.", id="other name, war"
        ),
        pytest.param(
            ("Brennhof in trouble", "WATCH: Brennhof in crisis"),
            "The factory of Brennhof AG in Tarnsund runs one shift.",
            id="company",
        ),
    ],
)
def test_a_sentence_under_another_headline_of_a_news_source_is_repeated(
    titles: tuple[str, str], sentence: str
) -> None:
    stream = ReplayStream().say("news", "storm-1", sentence, title=titles[0])
    finding = stream.say("news", "other-slug-2", sentence, title=titles[1]).last_findings()[sentence]
    assert (finding["novelty"], finding["nearest"]["entry"]) == ("repeated", "storm-1")


@pytest.mark.parametrize(
    ("titles", "sentence", "before", "after"),
    [
        pytest.param(
            ("Storm in the north", "Storm toll rises"),
            "The storm has killed {} people in Velden.",
            "14",
            "31",
            id="weather",
        ),
        pytest.param(
            ("Brennhof in trouble", "WATCH: Brennhof in crisis"),
            "Brennhof AG has put {} workers on leave.",
            "900",
            "1,400",
            id="company",
        ),
        pytest.param(
            ("Fever in Velden", "Fever in Korsby"),
            "Hospitals in Velden have admitted {} patients with fever.",
            "130",
            "184",
            id="other place, health",
        ),
        pytest.param(
            ("BREAKING: Sarna under fire", "Sarna under fire"),
            "Rockets wounded {} nurses in Sarna.",
            "6",
            "9",
            id="breaking, war",
        ),
        pytest.param(
            ("Korsby wins opener", "Korsby wins derby"),
            "Korsby has sold {} season tickets.",
            "4,000",
            "5,500",
            id="sport",
        ),
    ],
)
def test_a_figure_under_another_headline_of_a_news_source_is_changed(
    titles: tuple[str, str], sentence: str, before: str, after: str
) -> None:
    stream = ReplayStream().say("news", "one", sentence.format(before), title=titles[0])
    findings = stream.say("news", "two", sentence.format(after), title=titles[1]).last_findings()

    finding = findings[sentence.format(after)]
    assert (finding["novelty"], finding["nearest"]["text"]) == ("changed", sentence.format(before))
    assert finding["changes"] == [{"kind": "number", "before": before, "after": after}]


@all_names
def test_the_same_words_in_another_entry_of_a_catalogue_are_new_there(name: str) -> None:
    stream = entries(name)
    for line in (CATALOGUES | NOTICES)[name][0].splitlines():
        assert stream.last_findings()[line]["novelty"] == "new"


@all_names
def test_each_entry_of_a_catalogue_has_its_own_story(name: str) -> None:
    assert len(set(entries(name).story_ids())) == len((CATALOGUES | NOTICES)[name][1])


def test_reports_of_one_event_in_a_news_source_share_a_story() -> None:
    stream = ReplayStream().say(
        "news", "1", "The tanker Orla burns off Halvik. Its crew fled in boats.", title="Tanker Orla burns off Halvik"
    )
    stream.say("news", "2", "Tugs pull the tanker Orla to Halvik.", title="Burning tanker Orla reaches Halvik")
    assert len(set(stream.story_ids())) == 1


@catalogue_names
def test_the_same_edit_in_several_entries_is_one_bundle_of_several_stories(name: str) -> None:
    added = "Operators must send a written report to the ministry in Ostra by Friday."
    findings = findings_of(edited(name, "", added), added)

    assert [finding["novelty"] for finding in findings] == ["new"] * 3
    assert len({finding["story"] for finding in findings}) == 3
    assert len({finding["bundle"] for finding in findings} - {None}) == 1


@all_names
def test_a_sentence_withdrawn_in_several_entries_is_one_event(name: str) -> None:
    removed = "Operators must send a written report to the ministry in Ostra by Friday."
    findings = [one for one in findings_of(edited(name, removed, ""), removed) if one["novelty"] == "withdrawn"]

    assert len(findings) == 3
    assert len({finding["bundle"] or finding["story"] for finding in findings}) == 1


@pytest.mark.parametrize(
    ("title", "text"),
    [
        pytest.param("Avalanche danger at Lindal", "The Lindal pass is closed by avalanche danger.", id="alps"),
        pytest.param("Air raid alert in Velden", "Sirens sound in Velden. Go to a shelter.", id="war"),
    ],
)
def test_an_entry_that_recurs_a_week_later_under_another_id_is_new(title: str, text: str) -> None:
    stream = ReplayStream()
    for week in range(3):
        stream.say("alerts", f"alert-{week}", text, title=title, hours_later=7 * DAY_HOURS)

    assert set(novelty_by_claim(stream.last_findings()).values()) == {"new"}
    assert len(set(stream.story_ids())) == 3
