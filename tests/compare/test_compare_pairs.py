"""Judging pairs from JSON lines; errors have the number of the invalid line."""

import json

import pytest

from monitor.compare.pairs import judge_lines, verdict_json
from monitor.errors import MonitorError


def line(**fields):
    return json.dumps({"id": "1", "a": "Three boats sank.", "b": "Four boats sank.", "context": "revision"} | fields)


def test_every_pair_gets_a_verdict_under_its_id():
    judged = list(judge_lines([line(id="x"), "\n", line(id=7, b="Three boats sank.")]))
    assert [pair.id for pair, _ in judged] == ["x", 7]
    answers = [verdict_json(verdict) for _, verdict in judged]
    assert [answer["novelty"] for answer in answers] == ["changed", "repeated"]
    assert answers[0]["changes"] == [{"kind": "number", "before": "Three", "after": "Four"}]
    evidence = {"basis": "same words", "unsaid": [], "closest": None, "together_with": []}
    assert answers[1] == {"novelty": "repeated", "similarity": 100.0, "changes": [], "evidence": evidence}


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ("{nonsense", "line 2: invalid JSON"),
        ("[1, 2]", "line 2: expected an object"),
        (line(a=3), 'line 2: "a" must be a string'),
        (line(context="nearby"), 'line 2: "context" must be'),
        (line(context=[]), 'line 2: "context" must be'),
    ],
)
def test_an_invalid_line_raises_an_error_with_its_number(bad, message):
    with pytest.raises(MonitorError, match=message):
        list(judge_lines([line(), bad]))
