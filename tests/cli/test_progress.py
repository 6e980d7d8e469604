"""Progress bars appear on a terminal only, and never beside JSON."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.store.connect import open_store

LINE = '{"at": "2026-01-01T00:%02d:00Z", "source": "wire", "entry": "%d", "text": "Ferry %d is late."}\n'
STREAM = "".join(LINE % (minute, minute, minute) for minute in range(40))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text("")
    (tmp_path / "stream.jsonl").write_text(STREAM)
    (tmp_path / "urls.yaml").write_text("url: https://harbour.example/news\n---\nurl: https://wire.example/news\n")
    open_store(f"sqlite:///{tmp_path / 'monitor.db'}").close()
    return tmp_path


def run_with_terminal_errors(folder: Path, arguments: list[str]) -> tuple[str, str]:
    """Run a command whose standard error is a terminal; return what it wrote to a pipe and to the terminal."""
    main, side = pty.openpty()
    command = [sys.executable, "-m", "monitor", *arguments]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=side, env=environment) as process:
        os.close(side)
        assert process.stdout
        terminal = b""
        while True:
            try:
                chunk = os.read(main, 65536)
            except OSError:  # Linux reports that the other side is closed as an error
                break
            if not chunk:
                break
            terminal += chunk
        output = process.stdout.read()
        assert process.wait(60) == 0, (output, terminal)
    os.close(main)
    return output.decode(), terminal.decode()


COMMANDS = [
    (["replay", "stream.jsonl"], "lines", "40/40"),
    (["import", "urlwatch", "urls.yaml"], "sources", "2/2"),
    (["backup", "copy.db"], "pages copied", "/"),
]


@pytest.mark.parametrize(("arguments", "work", "counted"), COMMANDS, ids=lambda value: value[0])
def test_long_work_shows_a_bar_on_a_terminal(folder: Path, arguments: list[str], work: str, counted: str) -> None:
    output, terminal = run_with_terminal_errors(folder, arguments)
    assert work in terminal
    assert counted in terminal
    assert work + " ━" not in output


def test_no_progress_bar_is_shown_with_json(folder: Path) -> None:
    output, terminal = run_with_terminal_errors(folder, ["replay", "stream.jsonl", "--json"])
    assert output.count("\n") >= 40
    assert terminal == ""


@pytest.mark.parametrize(("arguments", "work", "counted"), COMMANDS, ids=lambda value: value[0])
def test_no_progress_bar_is_shown_in_a_pipe(folder: Path, arguments: list[str], work: str, counted: str) -> None:
    command = [sys.executable, "-m", "monitor", *arguments]
    finished = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=True)
    assert finished.stderr == ""
    assert "━" not in finished.stdout
