"""The cases that matter, through the whole pipeline: replayed as a page that is edited, as news from elsewhere, and
with a rule that alerts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from monitor.assess import Policy
from monitor.backtest.replay import replay_stream
from monitor.ruleset.load import load_rules
from monitor.ruleset.rule import RuleSet

START = datetime(2026, 3, 2, 6, tzinfo=UTC)
BEFORE, BESIDE = "The embassy in Torvald is open on weekdays.", "Tap water is safe to drink in most towns."


class Line(NamedTuple):
    """One line of a stream; `hour` counts from its start."""

    hour: int
    source: str
    entry: str
    title: str
    text: str = ""


def brought(lines: Iterable[Line], rules: RuleSet = RuleSet(())) -> list[dict[str, Any]]:  # noqa: B008
    """All that `replay` tells of the lines."""
    given = [
        json.dumps({**line._asdict(), "at": (START + timedelta(hours=line.hour)).isoformat(), "url": ""})
        for line in lines
    ]
    return list(replay_stream(given, Policy(rules)))


def of(kind: str, told: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in told if one["type"] == kind]


def edited(before: str, now: str) -> list[dict[str, Any]]:
    """The findings of a page on which one sentence among others is edited."""
    versions = [f"{BEFORE}\n{text}\n{BESIDE}" for text in (before, now)]
    lines = [Line(hour, "office", "torvald", "Torvald", text) for hour, text in enumerate(versions)]
    told = of("finding", brought(lines))
    return [one for one in told if one["at"] == "2026-03-02T07:00:00Z"]


def elsewhere(before: str, now: str) -> tuple[dict[str, Any], set[str]]:
    """The finding of a headline that another source had in its own way, and the stories of both."""
    told = brought([Line(0, "coastwire", "c1", before), Line(3, "daily", "d1", now)])
    return of("finding", told)[-1], {one["story"] for one in of("update", told)}


def rule(folder: Path, match: str) -> RuleSet:
    """One rule, read from its file."""
    folder.mkdir(exist_ok=True)
    (folder / "rule.yaml").write_text(f"name: watch\ntitle: Watch\nmatch: {match}\non: [new, changed, withdrawn]\n")
    rules, problems = load_rules(folder, builtin_aliases=None)
    assert not problems
    return rules


EDITS = {
    1: ("Avoid all travel to the harbour.", "Avoid all but essential travel to the harbour.", "scope"),
    2: ("Women aged 21 to 45 may be called up.", "Women aged 24 to 45 may be called up.", "number"),
    3: ("Raiders are very likely to try again.", "Raiders are likely to try again.", "certainty"),
    4: ("A curfew runs from 1:30 am to 6 am.", "A curfew runs from 9 pm to 6 am.", "date"),
    5: ("Dockers plan to strike on 12 May.", "Dockers plan to strike on 3 June.", "date"),
    6: ("There is ongoing fighting along the ridge.", "There is ongoing unrest along the ridge.", "wording"),
}


@pytest.mark.parametrize("case", EDITS)
def test_one_moved_fact_on_an_edited_page_is_the_only_news(case: int) -> None:
    before, now, kind = EDITS[case]
    [found] = edited(before, now)
    assert (found["claim"], found["novelty"], found["nearest"]["text"]) == (now, "changed", before)
    assert kind in {one["kind"] for one in found["changes"]}


def test_7_a_toll_that_rises_is_changed_within_its_story_and_told_with_both_figures() -> None:
    found, stories = elsewhere(
        "Storm Brunhild: 1,400 people confirmed dead in Selvania", "Selvania: 1,450 dead after Storm Brunhild"
    )
    assert found["novelty"] == "changed"
    [moved] = [one for one in found["changes"] if one["kind"] == "number"]
    assert ("1,400" in moved["before"], "1,450" in moved["after"]) == (True, True)
    assert len(stories) == 1


def test_8_a_name_put_right_is_silence_and_withdraws_nothing() -> None:
    [found] = edited("The governor of Selvannia opened the port.", "The governor of Selvania opened the port.")
    assert found["novelty"] == "repeated"


def test_9_the_same_fact_in_other_words_from_another_source_is_repeated() -> None:
    found, _ = elsewhere("The currency is the Norwegian krone.", "The currency of Norway is the Norwegian krone.")
    assert found["novelty"] == "repeated"


def test_10_one_note_on_222_pages_is_one_story_and_one_alert(tmp_path: Path) -> None:
    first, then = (
        "Keep your passport in a safe place.",
        "Keep your passport safe and carry a copy of it at all times.",
    )
    pages = [f"land-{number}" for number in range(222)]
    lines = [
        Line(hour, "office", page, f"Advice for {page.title()}", f"Ask the hotel of {page.title()}.\n{text}")
        for hour, text in enumerate((first, then))
        for page in pages
    ]
    told = brought(lines, rule(tmp_path / "rules", "copy"))
    news = [one for one in of("finding", told) if one["claim"] == then]
    assert len(news) == 222
    assert len({one["story"] for one in news if one["novelty"] != "repeated"}) == 1
    assert len(of("alert", told)) == 1


def test_11_a_quake_told_with_another_magnitude_is_the_same_quake_with_its_toll_unmoved() -> None:
    found, stories = elsewhere(
        "Four killed as magnitude 5.4 earthquake hits northern Selvania",
        "Earthquake in northern Selvania: 4 dead in 5.2-magnitude quake",
    )
    assert found["novelty"] == "changed"
    figures = [(one["before"], one["after"]) for one in found["changes"] if one["kind"] == "number"]
    assert len(figures) == 1
    assert ("5.4" in figures[0][0], "5.2" in figures[0][1]) == (True, True)
    assert len(stories) == 1


def test_12_a_projection_never_becomes_the_figure_that_the_next_report_is_held_against() -> None:
    lines = [
        Line(0, "coastwire", "c1", "Selvania earthquake: 4,300 people confirmed dead"),
        Line(2, "daily", "d1", "Selvania earthquake toll could pass 20,000, experts warn"),
        Line(4, "herald", "h1", "Selvania earthquake: 4,900 people confirmed dead"),
    ]
    told = of("finding", brought(lines))
    projected, last = told[1], told[-1]
    assert projected["novelty"] != "repeated"
    assert not any("20,000" in one["after"] for one in projected["changes"] if one["before"])
    assert (last["novelty"], last["nearest"]["source"]) == ("changed", "coastwire")
    assert any("4,300" in one["before"] and "4,900" in one["after"] for one in last["changes"])


def test_13_a_sentence_taken_off_a_page_is_withdrawn_and_alerts_those_who_ask_for_it(tmp_path: Path) -> None:
    gone = "Landmines remain in the hills near Torvald."
    lines = [
        Line(0, "office", "torvald", "Torvald", f"{BEFORE}\n{gone}\n{BESIDE}"),
        Line(30, "office", "torvald", "Torvald", f"{BESIDE}\n{BEFORE}"),
    ]
    told = brought(lines, rule(tmp_path / "rules", "landmine*"))
    last = [one for one in of("finding", told) if one["at"] == "2026-03-03T12:00:00Z"]
    assert [(one["claim"], one["novelty"], one["rules"]) for one in last] == [(gone, "withdrawn", ["watch"])]
    assert [one["findings"][0]["novelty"] for one in of("alert", told)] == ["new", "withdrawn"]
