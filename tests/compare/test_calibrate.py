"""The arithmetic of agreement between the judge and labelled pairs."""

from __future__ import annotations

import json

import pytest

from monitor.compare.calibrate import Judged, Labelled, Score, confusion, judged, labelled, scores
from monitor.model import Context, Novelty, Verdict

NEW, CHANGED, REPEATED = Novelty.NEW, Novelty.CHANGED, Novelty.REPEATED


def outcome(label: Novelty, said: Novelty) -> Judged:
    return Judged(Labelled(1, "a", "b", Context.ELSEWHERE, label), Verdict(said, 50.0))


def test_precision_recall_and_f1_are_of_each_label() -> None:
    pairs = [outcome(*one) for one in ((NEW, NEW), (NEW, CHANGED), (NEW, CHANGED), (CHANGED, CHANGED))]
    found = scores(pairs)
    assert found[NEW] == Score(pairs=3, called=1, right=1)
    assert (found[NEW].precision, found[NEW].recall, found[NEW].f1) == (1.0, 1 / 3, 0.5)
    assert (found[CHANGED].precision, found[CHANGED].recall, found[CHANGED].f1) == (1 / 3, 1.0, 0.5)
    assert confusion(pairs)[NEW, CHANGED] == 2


def test_a_label_that_nobody_gave_has_no_figures() -> None:
    absent = scores([outcome(NEW, NEW)])[REPEATED]
    assert (absent.precision, absent.recall, absent.f1) == (None, None, None)
    assert scores([outcome(NEW, CHANGED)])[NEW].f1 == 0.0


@pytest.mark.parametrize("label", ["changed", "CHANGED", "Changed"])
def test_a_label_is_read_in_any_case_and_judged_in_its_context(label: str) -> None:
    line = json.dumps({"a": "Ten ferries left.", "b": "Nine ferries left.", "context": "Revision", "label": label})
    [one] = judged([labelled(line, 7)])
    assert (one.pair.line, one.pair.context, one.pair.label) == (7, Context.REVISION, CHANGED)
    assert one.right


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[1]", "not an object"),
        ('{"b": "x", "label": "new"}', '"a" must be a text'),
        ('{"a": "x", "b": 3, "label": "new"}', '"b" must be a text'),
        ('{"a": "x", "b": "y", "label": "withdrawn"}', '"label" must be new or changed or repeated'),
        ('{"a": "x", "b": "y"}', '"label" must be'),
        ('{"a": "x", "b": "y", "label": "new", "context": ["revision"]}', '"context" must be revision or elsewhere'),
    ],
)
def test_a_line_that_is_no_labelled_pair_is_told_why(line: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        labelled(line, 1)
