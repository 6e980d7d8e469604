"""The examples of docs/novelty.md come out as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from kit.replay_lines import ReplayStream, novelty_by_claim

from monitor.compare.verdict import judge
from monitor.model import Relation
from monitor.text.analysis import analyze

TEXT = (Path(__file__).parents[2] / "docs/novelty.md").read_text(encoding="utf-8")


def rows(title: str) -> list[list[str]]:
    """The cells of the rows of the table under a heading."""
    section = TEXT.split(f"## {title}\n")[1].split("\n## ")[0]
    return [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")][1:]


PAIRS = [
    *((Relation.REVISION, *row) for row in rows("An edit of the same entry")),
    *((Relation.ELSEWHERE, *row) for row in rows("The same thing told elsewhere")),
]


@pytest.mark.parametrize(("context", "before", "now", "name", "moved"), PAIRS)
def test_each_pair_is_called_what_the_page_calls_it(context, before, now, name, moved):
    verdict = judge(analyze(before), analyze(now), context)
    assert verdict.novelty == name
    if name == "changed":
        kind = moved.split()[0]
        said = [f"{change.kind} {change.before} → {change.after}" for change in verdict.changes]
        assert kind in {change.kind for change in verdict.changes}
        assert "→" not in moved or moved in said


@pytest.mark.parametrize(("headline", "sentence", "name"), rows("Within one update"))
def test_a_sentence_under_its_headline_is_called_what_the_page_calls_it(headline, sentence, name):
    assert (
        novelty_by_claim(ReplayStream().say("port", "a", sentence, title=headline).last_findings())[sentence] == name
    )


def test_the_page_shows_the_decision_as_a_picture_and_names_every_novelty():
    assert "```mermaid\nflowchart" in TEXT
    assert set(re.findall(r"(?m)^\| (new|changed|repeated|withdrawn) \|", TEXT)) == {
        "new",
        "changed",
        "repeated",
        "withdrawn",
    }
