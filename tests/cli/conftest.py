"""Fixtures: a folder with the sample store, and a function that runs commands in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from kit.sample_store import build_sample_store

from monitor.cli.app import run_command_line


@pytest.fixture(scope="module")
def news_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("news")
    build_sample_store(folder).close()
    return folder


@pytest.fixture
def run_monitor(
    news_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str, str]]:
    """Run a command in the sample folder; return exit code, stdout and stderr."""
    monkeypatch.chdir(news_folder)

    def run_in_folder(*arguments: str) -> tuple[int, str, str]:
        code = run_command_line(arguments)
        output = capsys.readouterr()
        return code, output.out, output.err

    return run_in_folder
