"""Output of `monitor compare`: colors in a terminal, brackets elsewhere."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

PRIOR = """
- The harbour master reported calm weather.
- About 300 ferries left Halvik on Monday.
- Snow slowed both sides along the river.
- Officials in Bergen expect a quiet winter.
"""
NEW = """
- About 900 ferries left Halvik on Monday.
- Both sides were slowed by snow along the river.
- A lighthouse burned near Odesa.
"""
COMMAND = [sys.executable, "-m", "monitor", "compare", "prior", "new"]
ESCAPES = re.compile(r"\x1b\[[\d;]*m")


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    (tmp_path / "prior").write_text(PRIOR)
    (tmp_path / "new").write_text(NEW)
    return tmp_path


def run_in_terminal(folder: Path, **environment: str) -> str:
    """Return what the command prints in a terminal of 40 columns."""
    main_end, terminal_end = pty.openpty()
    variables = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    variables |= {"TERM": "xterm-256color", "COLUMNS": "40", **environment}
    subprocess.run(COMMAND, cwd=folder, env=variables, stdout=terminal_end, check=True, timeout=60)
    os.close(terminal_end)
    shown = b""
    while chunk := read_chunk(main_end):
        shown += chunk
    os.close(main_end)
    return shown.decode().replace("\r\n", "\n")


def read_chunk(terminal: int) -> bytes:
    """Return the next bytes printed; none at the end, which Linux reports as an error."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""


def test_a_terminal_shows_removed_words_in_red_and_added_words_in_green(texts: Path) -> None:
    shown = run_in_terminal(texts)
    assert "\x1b[9;31m300\x1b[0m \x1b[1;32m900\x1b[0m" in shown
    assert "[-" not in shown


def test_lines_are_wrapped_beside_the_marks(texts: Path) -> None:
    lines = ESCAPES.sub("", run_in_terminal(texts)).splitlines()
    assert all(len(line) <= 40 for line in lines[:-1])
    assert {line[:13].strip() for line in lines if line[:1].strip()} >= {"~ changed", "+ new", "- withdrawn"}
    assert any(line.startswith(" " * 13) and line.strip() == "Halvik on Monday." for line in lines)


def test_no_color_and_pipes_use_brackets(texts: Path) -> None:
    piped = subprocess.run(COMMAND, cwd=texts, capture_output=True, text=True, check=True, timeout=60).stdout
    for shown in (run_in_terminal(texts, NO_COLOR="1"), piped):
        assert "\x1b" not in shown
        assert "[-300-] {+900+}" in shown
    assert "+ new        A lighthouse burned near Odesa.\n" in piped


def test_withdrawn_claims_come_last_before_the_summary(texts: Path) -> None:
    lines = ESCAPES.sub("", run_in_terminal(texts, COLUMNS="120")).splitlines()
    marks = [line[0] for line in lines if line.startswith(("~ ", "= ", "+ ", "- "))]
    assert marks == ["~", "=", "+", "-", "-"]
    assert lines[-1] == "1 new, 1 changed, 1 repeated, 2 withdrawn"


def test_control_characters_and_markup_are_escaped(texts: Path) -> None:
    (texts / "new").write_text("- A \x1b[31mlighthouse\x1b[0m [bold]burned[/bold] near Odesa.\n")
    shown = subprocess.run(COMMAND, cwd=texts, capture_output=True, text=True, check=True, timeout=60).stdout
    assert "\x1b" not in shown
    assert "[bold]burned[/bold]" in shown


def test_pairs_show_removed_and_added_words(tmp_path: Path) -> None:
    pairs = [
        {"id": "p1", "a": "About 300 ferries left.", "b": "About 900 ferries left.", "context": "revision"},
        {"id": 2, "a": "Snow slowed both sides.", "b": "Both sides were slowed by snow.", "context": "elsewhere"},
        {"id": "p3", "a": "The river rose by a metre.", "b": "A lighthouse burned near Odesa."},
    ]
    (tmp_path / "pairs.jsonl").write_text("\n".join(json.dumps(pair) for pair in pairs))
    command = [*COMMAND[:-2], "--pairs", "pairs.jsonl"]
    shown = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60).stdout
    assert "~ changed    About [-300-] {+900+} ferries left.\n" in shown
    assert "pair p1; number: About 300 → About 900; similarity" in shown
    assert "was: Snow slowed both sides.\n             pair 2; all of it was said\n" in shown
    assert "+ new        A lighthouse burned near Odesa.\n             pair p3; nothing similar was said\n" in shown
    assert shown.splitlines()[-1] == "1 new, 1 changed, 1 repeated"
