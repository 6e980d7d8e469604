"""The running example through the whole pipeline: edited pages, news from other sources, and rules that alert."""

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
SENTENCE_BEFORE, SENTENCE_AFTER = (
    "The embassy in Torvald is open on weekdays.",
    "Tap water is safe to drink in most towns.",
)


class Line(NamedTuple):
    """One line of a stream; `hour` counts from its start."""

    hour: int
    source: str
    entry: str
    title: str
    text: str = ""


def replay(lines: Iterable[Line], rules: RuleSet = RuleSet(())) -> list[dict[str, Any]]:  # noqa: B008
    """Return the records of `replay` for the lines."""
    json_lines = [
        json.dumps({**line._asdict(), "at": (START + timedelta(hours=line.hour)).isoformat(), "url": ""})
        for line in lines
    ]
    return list(replay_stream(json_lines, Policy(rules)))


def of_type(kind: str, records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [record for record in records if record["type"] == kind]


def findings_of_edit(before: str, now: str) -> list[dict[str, Any]]:
    """Return the findings of an edit of one sentence among others on a page."""
    versions = [f"{SENTENCE_BEFORE}\n{text}\n{SENTENCE_AFTER}" for text in (before, now)]
    lines = [Line(hour, "office", "torvald", "Torvald", text) for hour, text in enumerate(versions)]
    return [finding for finding in of_type("finding", replay(lines)) if finding["at"] == "2026-03-02T07:00:00Z"]


def finding_from_elsewhere(before: str, now: str) -> tuple[dict[str, Any], set[str]]:
    """Return the finding of a headline after another source's version of it, and the stories of both."""
    records = replay([Line(0, "coastwire", "c1", before), Line(3, "daily", "d1", now)])
    return of_type("finding", records)[-1], {update["story"] for update in of_type("update", records)}


def one_rule(folder: Path, match: str) -> RuleSet:
    """Load one rule from a file."""
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
def test_the_changed_fact_of_an_edited_page_is_its_only_finding(case: int) -> None:
    before, now, kind = EDITS[case]
    [finding] = findings_of_edit(before, now)
    assert (finding["claim"], finding["novelty"], finding["nearest"]["text"]) == (now, "changed", before)
    assert kind in {change["kind"] for change in finding["changes"]}


def test_7_a_rising_toll_is_changed_with_both_figures_in_the_same_story() -> None:
    finding, stories = finding_from_elsewhere(
        "Storm Brunhild: 1,400 people confirmed dead in Selvania", "Selvania: 1,450 dead after Storm Brunhild"
    )
    assert finding["novelty"] == "changed"
    [change] = [change for change in finding["changes"] if change["kind"] == "number"]
    assert ("1,400" in change["before"], "1,450" in change["after"]) == (True, True)
    assert len(stories) == 1


def test_8_a_corrected_spelling_is_repeated_and_withdraws_nothing() -> None:
    [finding] = findings_of_edit(
        "The governor of Selvannia opened the port.", "The governor of Selvania opened the port."
    )
    assert finding["novelty"] == "repeated"


def test_9_the_same_fact_in_other_words_from_another_source_is_repeated() -> None:
    finding, _ = finding_from_elsewhere(
        "The currency is the Norwegian krone.", "The currency of Norway is the Norwegian krone."
    )
    assert finding["novelty"] == "repeated"


@pytest.mark.slow
def test_10_one_note_on_222_pages_is_one_story_and_one_alert(tmp_path: Path) -> None:
    before, after = (
        "Keep your passport in a safe place.",
        "Keep your passport safe and carry a copy of it at all times.",
    )
    pages = [f"land-{number}" for number in range(222)]
    lines = [
        Line(hour, "office", page, f"Advice for {page.title()}", f"Ask the hotel of {page.title()}.\n{text}")
        for hour, text in enumerate((before, after))
        for page in pages
    ]
    records = replay(lines, one_rule(tmp_path / "rules", "copy"))
    findings = [finding for finding in of_type("finding", records) if finding["claim"] == after]
    assert len(findings) == 222
    assert len({finding["story"] for finding in findings if finding["novelty"] != "repeated"}) == 1
    assert len(of_type("alert", records)) == 1


def test_11_another_magnitude_is_the_only_change_of_the_same_quake() -> None:
    finding, stories = finding_from_elsewhere(
        "Four killed as magnitude 5.4 earthquake hits northern Selvania",
        "Earthquake in northern Selvania: 4 dead in 5.2-magnitude quake",
    )
    assert finding["novelty"] == "changed"
    figures = [(change["before"], change["after"]) for change in finding["changes"] if change["kind"] == "number"]
    assert len(figures) == 1
    assert ("5.4" in figures[0][0], "5.2" in figures[0][1]) == (True, True)
    assert len(stories) == 1


def test_12_a_projection_is_never_compared_with_the_next_figure() -> None:
    lines = [
        Line(0, "coastwire", "c1", "Selvania earthquake: 4,300 people confirmed dead"),
        Line(2, "daily", "d1", "Selvania earthquake toll could pass 20,000, experts warn"),
        Line(4, "herald", "h1", "Selvania earthquake: 4,900 people confirmed dead"),
    ]
    findings = of_type("finding", replay(lines))
    projection, last = findings[1], findings[-1]
    assert projection["novelty"] != "repeated"
    assert not any("20,000" in change["after"] for change in projection["changes"] if change["before"])
    assert (last["novelty"], last["nearest"]["source"]) == ("changed", "coastwire")
    assert any("4,300" in change["before"] and "4,900" in change["after"] for change in last["changes"])


def test_13_a_removed_sentence_is_withdrawn_and_alerts_rules_on_withdrawn(tmp_path: Path) -> None:
    removed = "Landmines remain in the hills near Torvald."
    lines = [
        Line(0, "office", "torvald", "Torvald", f"{SENTENCE_BEFORE}\n{removed}\n{SENTENCE_AFTER}"),
        Line(30, "office", "torvald", "Torvald", f"{SENTENCE_AFTER}\n{SENTENCE_BEFORE}"),
    ]
    records = replay(lines, one_rule(tmp_path / "rules", "landmine*"))
    last = [finding for finding in of_type("finding", records) if finding["at"] == "2026-03-03T12:00:00Z"]
    assert [(f["claim"], f["novelty"], f["rules"]) for f in last] == [(removed, "withdrawn", ["watch"])]
    assert [alert["findings"][0]["novelty"] for alert in of_type("alert", records)] == ["new", "withdrawn"]
