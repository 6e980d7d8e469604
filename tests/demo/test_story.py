import json
from itertools import pairwise

import pytest

from monitor.assess import Listening
from monitor.demo.story import REPORTS, RULES, STORY, TITLES, Expect, entries
from monitor.replay import replay
from monitor.resources import builtin
from monitor.ruleset.load import load_rules
from monitor.text.words import Synonyms


def snapshots():
    return [entries(STORY[: number + 1]) for number in range(len(STORY))]


def test_every_report_is_published_and_titled():
    published = [key for step in STORY for key in step.publish]
    assert sorted(published) == sorted(TITLES) == sorted(path.stem for path in REPORTS.glob("*.html"))


def test_every_edit_finds_its_words_once():
    for number, step in enumerate(STORY):
        before = entries(STORY[:number])
        assert [before[edit.key].count(edit.old) for edit in step.edits] == [1] * len(step.edits)


def test_every_step_changes_the_feed():
    assert all(before != after for before, after in pairwise(snapshots()))


def test_the_story_shows_every_kind_of_outcome():
    assert {step.expect for step in STORY} == set(Expect)
    assert STORY[0].expect is Expect.BASELINE


@pytest.fixture(scope="module")
def alerts():
    """The novelties that alert at each step, by the program's own judgement."""
    rules, problems = load_rules(RULES, builtin_aliases=builtin("rules") / "aliases.yaml")
    assert not problems
    lines, said = [], {}
    for minute, now in enumerate(snapshots()):
        changed = [key for key, body in now.items() if said.get(key) != body]
        lines += [line(minute, key, now[key]) for key in changed]
        said = now
    found = list(replay(lines, Listening(rules, same=Synonyms.of(rules.same))))
    told = {number: [] for number in range(len(STORY))}
    for alert in found:
        if alert["type"] == "alert":
            for finding in alert["findings"]:
                told[int(finding["published"][14:16])].append(finding)
    return told


def line(minute, key, body):
    at = f"2026-01-01T00:{minute:02}:00Z"
    return json.dumps(
        {
            "at": at,
            "source": "demo",
            "entry": key,
            "title": TITLES[key],
            "url": f"https://example.org/{key}",
            "text": body,
        }
    )


@pytest.mark.parametrize("number", range(1, len(STORY)), ids=lambda number: STORY[number].caption)
def test_a_step_brings_what_its_hint_promises(alerts, number):
    expect = STORY[number].expect
    assert [f["novelty"] for f in alerts[number]] == ([] if expect is Expect.SILENCE else [expect.value])


def test_the_moved_figure_and_date_stand_beside_the_old_ones(alerts):
    changes = [
        (change["before"], change["after"])
        for number, step in enumerate(STORY)
        if step.expect is Expect.CHANGED
        for finding in alerts[number]
        for change in finding["changes"]
    ]
    assert len(changes) == 2
    assert "3,000" in changes[0][0]
    assert "12,000" in changes[0][1]
    assert changes[1] == ("November 4", "November 5")
