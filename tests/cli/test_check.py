"""`monitor check` on broken folders: each holds a config, rules or templates, and `expected.txt`, what is printed.

A line is `path:line:column: what was expected, what was found`, and there is one for every problem.
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
    there: Path = shutil.copytree(request.param, tmp_path / "broken")
    monkeypatch.chdir(there)
    return there


def test_every_problem_is_told_with_its_place(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run_command_line(["check"])

    said = capsys.readouterr()
    assert said.out == (folder / "expected.txt").read_text(encoding="utf-8")
    assert (code, said.err) == (1, "")
    *problems, summary = said.out.splitlines()
    assert problems
    assert all(LINE.fullmatch(line) for line in problems)
    assert re.match(r"\d+ problems?\b", summary)
    assert "hunter2" not in said.out


def test_the_same_comes_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["check", "--json"]) == 1

    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is False
    lines = [
        f"{p['path']}:{p['line']}:{p['column']}: {'warning: ' * p['warning']}{p['message']}"
        for p in found["problems"]
    ]
    assert lines == (folder / "expected.txt").read_text(encoding="utf-8").splitlines()[:-1]


def test_other_commands_tell_of_a_broken_config_in_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, *_ = [
        line for line in (folder / "expected.txt").read_text(encoding="utf-8").splitlines() if ": warn" not in line
    ]

    code = run_command_line(["sources"])

    said = capsys.readouterr()
    if first.startswith("config.toml:"):
        assert (code, said.out) == (2, "")
        assert re.fullmatch(rf"monitor: {re.escape(first)}( \(and \d+ more: see `monitor check`\))?\n", said.err)
    else:
        assert (code, said.err) == (0, "")


def test_there_are_at_least_twenty_broken_folders() -> None:
    assert len(BROKEN) >= 20
