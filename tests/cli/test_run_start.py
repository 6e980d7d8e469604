"""What `monitor run` says at its start about files that it cannot read or write, or that others can read."""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.cli.app import run_command_line

CONFIG = """
[monitor]
database = "sqlite:///{database}"
[channels.chat]
type = "slack"
url = "${{file:hook-url}}"
"""
SECRET_URL = "https://hooks.slack.example/services/T0/B0/hunter2"
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/bridges.yaml").write_text("name: bridges\nmatch: bridge*\n")
    (tmp_path / "config.toml").write_text(CONFIG.format(database="monitor.db"))
    (tmp_path / "hook-url").write_text(SECRET_URL)
    (tmp_path / "hook-url").chmod(0o600)
    return tmp_path


def test_a_missing_secret_file_is_named_and_nothing_is_started(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "hook-url").unlink()

    assert run_command_line(["run", "--once"]) == 2
    err = capsys.readouterr().err
    assert err == "monitor: config.toml:6:7: ${file:hook-url} cannot be read: no such file or directory\n"
    assert not (folder / "monitor.db").exists()


@pytest.mark.parametrize(("mode", "warnings"), [(0o600, 0), (0o644, 1)])
def test_a_secret_file_that_others_can_read_is_a_warning_at_the_start(
    folder: Path, capsys: pytest.CaptureFixture[str], mode: int, warnings: int
) -> None:
    (folder / "hook-url").chmod(mode)

    assert run_command_line(["run", "--once"]) == 0
    err = capsys.readouterr().err
    found = re.findall(r"warning  config warning stage=config problem=\"config\.toml:6:7: (.*)\"\n", err)
    assert found == ["${file:hook-url} is readable by other users; run chmod 600 on it"] * warnings
    assert "hunter2" not in err


def forgo_privileges() -> None:
    """Let the permissions of files count for root too, once another program is executed."""
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


RUN_TWICE = """
import sys
from monitor.cli.app import run_command_line
print([run_command_line(["run", "--once", "-c", name]) for name in ("config.toml", "elsewhere.toml")])
"""


def test_a_folder_that_cannot_be_written_is_named_if_the_database_is_in_it(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("state") / "monitor.db"
    (folder / "elsewhere.toml").write_text(CONFIG.format(database=elsewhere))
    folder.chmod(0o555)
    done = subprocess.run(
        [sys.executable, "-c", RUN_TWICE],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=forgo_privileges if os.geteuid() == 0 else None,
    )
    folder.chmod(0o755)

    errors = [line for line in done.stderr.splitlines() if line.startswith("monitor: ")]
    assert done.stdout == "[2, 0]\n"
    assert len(errors) == 1
    assert re.fullmatch(r"monitor: cannot open the database \S*monitor\.db: its folder is read-only, .*", errors[0])
    assert elsewhere.exists()
