"""The arithmetic of agreement between the judge and labelled pairs."""

from __future__ import annotations

import json

import pytest

from monitor.compare.calibrate import (
    AnnotatedPair,
    JudgedPair,
    LabelScore,
    confusion_counts,
    judge_pairs,
    label_scores,
    parse_annotated_pair,
)
from monitor.model import Novelty, Relation, Verdict

NEW, CHANGED, REPEATED = Novelty.NEW, Novelty.CHANGED, Novelty.REPEATED


def outcome(label: Novelty, said: Novelty) -> JudgedPair:
    return JudgedPair(AnnotatedPair(1, "a", "b", Relation.ELSEWHERE, label), Verdict(said, 50.0))


def test_precision_recall_and_f1_are_of_each_label() -> None:
    pairs = [outcome(*one) for one in ((NEW, NEW), (NEW, CHANGED), (NEW, CHANGED), (CHANGED, CHANGED))]
    found = label_scores(pairs)
    assert found[NEW] == LabelScore(support=3, predicted=1, correct=1)
    assert (found[NEW].precision, found[NEW].recall, found[NEW].f1) == (1.0, 1 / 3, 0.5)
    assert (found[CHANGED].precision, found[CHANGED].recall, found[CHANGED].f1) == (1 / 3, 1.0, 0.5)
    assert confusion_counts(pairs)[NEW, CHANGED] == 2


def test_a_label_that_nobody_gave_has_no_figures() -> None:
    absent = label_scores([outcome(NEW, NEW)])[REPEATED]
    assert (absent.precision, absent.recall, absent.f1) == (None, None, None)
    assert label_scores([outcome(NEW, CHANGED)])[NEW].f1 == 0.0


@pytest.mark.parametrize("label", ["changed", "CHANGED", "Changed"])
def test_a_label_is_read_in_any_case_and_judged_in_its_context(label: str) -> None:
    line = json.dumps({"a": "Ten ferries left.", "b": "Nine ferries left.", "context": "Revision", "label": label})
    [one] = judge_pairs([parse_annotated_pair(line, 7)])
    assert (one.pair.line, one.pair.relation, one.pair.label) == (7, Relation.REVISION, CHANGED)
    assert one.is_correct


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
        parse_annotated_pair(line, 1)
