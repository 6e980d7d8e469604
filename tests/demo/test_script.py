import json
from itertools import pairwise

import pytest

from monitor.assess import Policy
from monitor.backtest.replay import replay_stream
from monitor.demo.script import (
    DEMO_RULES_FOLDER,
    ENTRY_TITLES,
    REPORTS_FOLDER,
    SCRIPT,
    ExpectedOutcome,
    published_entries,
)
from monitor.resources import builtin_path
from monitor.ruleset.load import load_rules
from monitor.text.analysis import Synonyms


def snapshots():
    return [published_entries(SCRIPT[: number + 1]) for number in range(len(SCRIPT))]


def test_every_report_is_published_and_has_a_title():
    published = [key for step in SCRIPT for key in step.publish]
    assert sorted(published) == sorted(ENTRY_TITLES) == sorted(path.stem for path in REPORTS_FOLDER.glob("*.html"))


def test_the_old_text_of_every_edit_occurs_once():
    for number, step in enumerate(SCRIPT):
        before = published_entries(SCRIPT[:number])
        assert [before[edit.key].count(edit.old) for edit in step.edits] == [1] * len(step.edits)


def test_every_step_changes_the_feed():
    assert all(before != after for before, after in pairwise(snapshots()))


def test_the_script_shows_every_kind_of_outcome():
    assert {step.expected for step in SCRIPT} == set(ExpectedOutcome)
    assert SCRIPT[0].expected is ExpectedOutcome.BASELINE


@pytest.fixture(scope="module")
def alerts():
    """The findings alerted at each step when the script is replayed."""
    rules, problems = load_rules(DEMO_RULES_FOLDER, builtin_aliases=builtin_path("rules") / "aliases.yaml")
    assert not problems
    lines, previous = [], {}
    for minute, entries in enumerate(snapshots()):
        changed = [key for key, body in entries.items() if previous.get(key) != body]
        lines += [replay_line(minute, key, entries[key]) for key in changed]
        previous = entries
    records = list(replay_stream(lines, Policy(rules, synonyms=Synonyms.from_mapping(rules.synonyms))))
    findings_by_step = {number: [] for number in range(len(SCRIPT))}
    for alert in records:
        if alert["type"] == "alert":
            for finding in alert["findings"]:
                findings_by_step[int(finding["published"][14:16])].append(finding)
    return findings_by_step


def replay_line(minute, key, body):
    at = f"2026-01-01T00:{minute:02}:00Z"
    return json.dumps(
        {
            "at": at,
            "source": "demo",
            "entry": key,
            "title": ENTRY_TITLES[key],
            "url": f"https://example.org/{key}",
            "text": body,
        }
    )


@pytest.mark.parametrize("number", range(1, len(SCRIPT)), ids=lambda number: SCRIPT[number].caption)
def test_a_step_has_its_expected_outcome(alerts, number):
    expected = SCRIPT[number].expected
    assert [f["novelty"] for f in alerts[number]] == ([] if expected is ExpectedOutcome.SILENCE else [expected.value])


def test_changed_findings_have_the_old_and_new_values(alerts):
    changes = [
        (change["before"], change["after"])
        for number, step in enumerate(SCRIPT)
        if step.expected is ExpectedOutcome.CHANGED
        for finding in alerts[number]
        for change in finding["changes"]
    ]
    assert len(changes) == 2
    assert "3,000" in changes[0][0]
    assert "12,000" in changes[0][1]
    assert changes[1] == ("November 4", "November 5")
