"""Fixtures: a folder with the sample store, and a function that runs commands."""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.command_line import Monitor
from kit.sample_store import build_sample_store

from monitor.cli.app import run_command_line


@pytest.fixture(scope="module")
def news_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("news")
    build_sample_store(folder).close()
    return folder


@pytest.fixture
def in_news_folder(news_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(news_folder)


@pytest.fixture
def run_monitor(capsys: pytest.CaptureFixture[str]) -> Monitor:
    """Run a command in the current folder; return exit code, stdout and stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = run_command_line(arguments)
        output = capsys.readouterr()
        return code, output.out, output.err

    return run
