"""Scores of the judge on labeled pairs."""

from __future__ import annotations

import json

import pytest

from monitor.compare.calibrate import JudgedPair, LabelScore, confusion_counts, judge_pairs, label_scores
from monitor.compare.pairs import ClaimPair, parse_pair
from monitor.model import Novelty, Relation, Verdict

NEW, CHANGED, REPEATED = Novelty.NEW, Novelty.CHANGED, Novelty.REPEATED


def judged_pair(label: Novelty, judged: Novelty) -> JudgedPair:
    return JudgedPair(ClaimPair("a", "b", Relation.ELSEWHERE, label), Verdict(judged, 50.0))


def test_each_label_has_precision_recall_and_f1() -> None:
    pairs = [judged_pair(*outcome) for outcome in ((NEW, NEW), (NEW, CHANGED), (NEW, CHANGED), (CHANGED, CHANGED))]
    scores = label_scores(pairs)
    assert scores[NEW] == LabelScore(support=3, predicted=1, correct=1)
    assert (scores[NEW].precision, scores[NEW].recall, scores[NEW].f1) == (1.0, 1 / 3, 0.5)
    assert (scores[CHANGED].precision, scores[CHANGED].recall, scores[CHANGED].f1) == (1 / 3, 1.0, 0.5)
    assert confusion_counts(pairs)[NEW, CHANGED] == 2


def test_a_label_without_pairs_has_no_scores() -> None:
    absent = label_scores([judged_pair(NEW, NEW)])[REPEATED]
    assert (absent.precision, absent.recall, absent.f1) == (None, None, None)
    assert label_scores([judged_pair(NEW, CHANGED)])[NEW].f1 == 0.0


@pytest.mark.parametrize("label", ["changed", "CHANGED", "Changed"])
def test_a_label_is_parsed_in_any_case_and_judged_in_its_context(label: str) -> None:
    line = json.dumps({"a": "Ten ferries left.", "b": "Nine ferries left.", "context": "Revision", "label": label})
    [judged] = judge_pairs([parse_pair(line, 7, required="label")])
    assert (judged.pair.line, judged.pair.relation, judged.pair.label) == (7, Relation.REVISION, CHANGED)
    assert judged.is_correct


def test_the_titles_and_times_of_a_labeled_pair_count() -> None:
    pair = {"a": "The mayor resigned on Monday.", "b": "The mayor resigned on Monday.", "label": "new"}
    times = {"at_a": "2026-03-02T12:00:00Z", "at_b": "2026-03-09T12:00:00Z"}
    lines = [json.dumps(pair), json.dumps({**pair, **times})]
    judged = judge_pairs([parse_pair(line, 1, required="label") for line in lines])
    assert [one.verdict.novelty for one in judged] == [REPEATED, NEW]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "invalid JSON"),
        ("[" * 100_000, "invalid JSON"),
        ("[1]", "expected an object"),
        ('{"b": "x", "label": "new"}', '"a" must be a string'),
        ('{"a": "x", "b": 3, "label": "new"}', '"b" must be a string'),
        ('{"a": "x", "b": "y", "label": "withdrawn"}', '"label" must be new or changed or repeated'),
        ('{"a": "x", "b": "y"}', '"label" must be'),
        ('{"a": "x", "b": "y", "label": "new", "at_a": "noon"}', '"at_a" must be a time such as'),
        ('{"a": "x", "b": "y", "label": "new", "title_b": 7}', '"title_b" must be a string'),
        ('{"a": "x", "b": "y", "label": "new", "context": ["revision"]}', '"context" must be revision or elsewhere'),
    ],
)
def test_an_invalid_line_raises_an_error_with_the_reason(line: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_pair(line, 1, required="label")
