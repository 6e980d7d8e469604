"""Shell completion: the scripts of the shells, subcommands, options, and names from the config, rules and store."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from kit.databases import write_config_file

from monitor.cli.app import COMPLETION_VARIABLE, run_command_line
from monitor.cli.completion import SHELLS

Complete = Callable[[str], list[str]]


@pytest.fixture
def complete(news_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Complete:
    """Return what bash would be offered for a command line whose last word is being typed."""
    monkeypatch.chdir(news_folder)
    monkeypatch.setenv(COMPLETION_VARIABLE, "bash_complete")

    def complete_line(line: str) -> list[str]:
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(line.count(" ")))
        assert run_command_line([]) == 0
        output = capsys.readouterr()
        assert output.err == ""
        return [offer.partition(",")[2] for offer in output.out.splitlines() if offer]

    return complete_line


def test_commands_subcommands_and_options_are_completed(complete: Complete) -> None:
    assert complete("monitor sta") == ["status"]
    assert complete("monitor silence ") == ["add", "end", "list"]
    assert complete("monitor deliveries re") == ["release", "retry"]
    assert complete("monitor silence add --until") == ["--until-facts-change", "--until"]
    assert complete("monitor completion ") == ["bash", "zsh", "fish"]
    assert "reference" in complete("monitor docs ref")


def test_names_of_the_config_and_the_rules_are_completed(complete: Complete, news_folder: Path) -> None:
    write_config_file(
        news_folder,
        '[[sources]]\nname = "wire"\nurl = "https://wire.example/feed"\n'
        '[[sources]]\nname = "harbour"\nurl = "https://harbour.example/feed"\n'
        '[channels.desk]\ntype = "terminal"\n',
    )
    (news_folder / "rules").mkdir(exist_ok=True)
    (news_folder / "rules/ferries.yaml").write_text(
        "rules:\n- {name: ferries, match: ferr*}\n- {name: fog, match: fog}\n"
    )
    assert complete("monitor sources poll ") == ["wire", "harbour"]
    assert complete("monitor sources poll wire h") == ["harbour"]
    assert complete("monitor send-test ") == ["desk"]
    assert complete("monitor alerts --rule fo") == ["fog"]
    assert {"ferries", "fog"} <= set(complete("monitor silence add --rule "))


def test_alerts_of_the_store_are_completed(complete: Complete) -> None:
    alerts = complete("monitor ack ")
    assert alerts
    assert all(alert.startswith("al-") for alert in alerts)


@pytest.mark.parametrize("content", [None, "[", "[[sources]]\nname = 1\n", "[monitor]\nrules = 7\n"])
def test_an_unusable_config_offers_nothing(
    complete: Complete, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / "config.toml").write_text(content)
    for line in ("sources poll w", "alerts --rule x", "send-test x", "ack a", "deliveries retry 1", "silence end 1"):
        assert complete(f"monitor {line}") == []


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_printed_and_valid(shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert f"{COMPLETION_VARIABLE}={shell}_complete" in script
    if shutil.which(shell):
        (tmp_path / "script").write_text(script)
        subprocess.run([shell, "-n", str(tmp_path / "script")], check=True, timeout=30)


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_completes_with_the_script(tmp_path: Path) -> None:
    (tmp_path / "monitor").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m monitor "$@"\n')
    (tmp_path / "monitor").chmod(0o755)
    script = (
        'PATH="$PWD:$PATH"; eval "$(monitor completion bash)"; COMP_WORDS=(monitor silence e); COMP_CWORD=2;'
        ' _monitor_completion monitor; echo "${COMPREPLY[@]}"'
    )
    finished = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (finished.stdout, finished.stderr) == ("end\n", "")
