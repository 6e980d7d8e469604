"""`monitor check` on broken folders: each has a config, rules or templates, and the output in `expected.txt`.

Every problem is one line, `path:line:column: expected X, found Y`.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from monitor.cli.app import run_command_line

BROKEN = sorted(Path(__file__).with_name("broken").iterdir())
LINE = re.compile(r"[\w./-]+:\d+:\d+: (warning: )?\S.*")


@pytest.fixture(params=BROKEN, ids=lambda path: path.name)
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy: Path = shutil.copytree(request.param, tmp_path / "broken")
    monkeypatch.chdir(copy)
    return copy


def test_every_problem_is_reported_with_its_location(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run_command_line(["check"])

    output = capsys.readouterr()
    assert output.out == (folder / "expected.txt").read_text(encoding="utf-8")
    assert (code, output.err) == (1, "")
    *problems, summary = output.out.splitlines()
    assert problems
    assert all(LINE.fullmatch(line) for line in problems)
    assert re.match(r"\d+ problems?\b", summary)
    assert "hunter2" not in output.out


def test_json_has_the_same_problems(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["check", "--json"]) == 1

    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is False
    lines = [
        f"{p['path']}:{p['line']}:{p['column']}: {'warning: ' * p['warning']}{p['message']}"
        for p in report["problems"]
    ]
    assert lines == (folder / "expected.txt").read_text(encoding="utf-8").splitlines()[:-1]


def test_other_commands_report_a_broken_config_in_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, *_ = [
        line for line in (folder / "expected.txt").read_text(encoding="utf-8").splitlines() if ": warn" not in line
    ]

    code = run_command_line(["sources"])

    output = capsys.readouterr()
    if first.startswith("config.toml:"):
        assert (code, output.out) == (2, "")
        assert re.fullmatch(rf"monitor: {re.escape(first)}( \(and \d+ more: see `monitor check`\))?\n", output.err)
    else:
        assert (code, output.err) == (0, "")


def test_there_are_at_least_twenty_broken_folders() -> None:
    assert len(BROKEN) >= 20
