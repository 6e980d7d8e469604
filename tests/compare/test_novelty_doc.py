"""The examples of docs/novelty.md have the novelty that it states."""

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
    """Return the cells of each row of the table under a heading."""
    section = TEXT.split(f"## {title}\n")[1].split("\n## ")[0]
    return [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| ")][1:]


PAIRS = [
    *((Relation.REVISION, *row) for row in rows("An edit of the same entry")),
    *((Relation.ELSEWHERE, *row) for row in rows("The same fact from another entry or source")),
]


@pytest.mark.parametrize(("context", "before", "now", "name", "moved"), PAIRS)
def test_each_pair_has_the_novelty_in_the_doc(context, before, now, name, moved):
    verdict = judge(analyze(before), analyze(now), context)
    assert verdict.novelty == name
    if name == "changed":
        kind = moved.split()[0]
        shown = [f"{change.kind} {change.before} → {change.after}" for change in verdict.changes]
        assert kind in {change.kind for change in verdict.changes}
        assert "→" not in moved or moved in shown


@pytest.mark.parametrize(("headline", "sentence", "name"), rows("Within one update"))
def test_each_sentence_under_its_headline_has_the_novelty_in_the_doc(headline, sentence, name):
    assert (
        novelty_by_claim(ReplayStream().say("port", "a", sentence, title=headline).last_findings())[sentence] == name
    )


def test_the_doc_has_a_flowchart_and_lists_every_novelty():
    assert "```mermaid\nflowchart" in TEXT
    assert set(re.findall(r"(?m)^\| (new|changed|repeated|withdrawn) \|", TEXT)) == {
        "new",
        "changed",
        "repeated",
        "withdrawn",
    }
