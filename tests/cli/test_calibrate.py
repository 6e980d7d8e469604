"""`monitor calibrate` on a file of labeled pairs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from kit.command_line import Monitor

CHANGED_PAIR = {"a": "About 300 ferries left Halvik.", "b": "About 900 ferries left Halvik.", "context": "revision"}
REPEATED_PAIR = {"a": "The bridge is open.", "b": "The bridge is open.", "context": "elsewhere"}
PAIRS = [
    {**CHANGED_PAIR, "label": "CHANGED"},
    {**REPEATED_PAIR, "label": "Repeated"},
    {**CHANGED_PAIR, "label": "repeated"},
]


@pytest.fixture
def calibrate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_monitor: Monitor) -> Monitor:
    monkeypatch.chdir(tmp_path)

    def call(lines: list[str], *options: str) -> tuple[int, str, str]:
        (tmp_path / "pairs.jsonl").write_text("\n".join(lines))
        return run_monitor("calibrate", "pairs.jsonl", *options)

    return call


def test_the_output_has_scores_confusion_matrix_and_disagreements(calibrate: Monitor) -> None:
    code, out, err = calibrate([json.dumps(pair) for pair in PAIRS])
    assert (code, err) == (0, "")
    lines = [line.split() for line in out.splitlines()]
    assert out.startswith("3 pairs, 2 judged as labeled (67%)\n")
    assert ["changed", "1", "0.50", "1.00", "0.67"] in lines
    assert ["repeated", "2", "1.00", "0.50", "0.67"] in lines
    assert ["new", "0", "–", "–", "–"] in lines
    assert ["repeated", "0", "1", "1"] in lines
    assert "line 3       labeled repeated, judged changed" in out
    assert "About [-300-] {+900+} ferries left Halvik." in out


def test_json_has_scores_confusion_matrix_and_disagreements(calibrate: Monitor) -> None:
    code, out, _ = calibrate([json.dumps(pair) for pair in PAIRS], "--json")
    assert code == 0
    report = json.loads(out)
    assert (report["pairs"], report["agree"]) == (3, 2)
    assert report["labels"]["changed"] == {"pairs": 1, "precision": 0.5, "recall": 1.0, "f1": pytest.approx(2 / 3)}
    assert report["labels"]["new"]["precision"] is None
    assert report["confusion"]["repeated"] == {"new": 0, "changed": 1, "repeated": 1}
    [wrong] = report["wrong"]
    assert (wrong["line"], wrong["label"], wrong["novelty"]) == (3, "repeated", "changed")
    assert wrong["changes"][0]["kind"] == "number"


def test_show_limits_the_disagreements(calibrate: Monitor) -> None:
    lines = [json.dumps(PAIRS[2])] * 5
    assert "5 judged differently, first 2" in calibrate(lines, "--show", "2")[1]
    assert len(json.loads(calibrate(lines, "--show", "0", "--json")[1])["wrong"]) == 0


def test_invalid_lines_are_reported_and_the_rest_is_judged(calibrate: Monitor) -> None:
    code, out, err = calibrate([json.dumps(PAIRS[0]), "", "{", json.dumps({**REPEATED_PAIR, "label": "old"})])
    assert code == 1
    assert out.startswith("1 pair, 1 judged as labeled (100%)\n")
    first, second = err.splitlines()
    assert first.startswith("pairs.jsonl: line 3: invalid JSON")
    assert second == 'pairs.jsonl: line 4: "label" must be new or changed or repeated'


def test_a_file_without_valid_pairs_exits_2(calibrate: Monitor) -> None:
    assert calibrate([]) == (2, "", "monitor: pairs.jsonl has no labeled pair\n")
    code, out, err = calibrate(['{"a": 1}'])
    assert (code, out) == (2, "")
    assert err == 'monitor: pairs.jsonl has no labeled pair: line 1: "a" must be a string\n'
