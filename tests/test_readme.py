"""The README is true: its rule passes `check`, its config is valid, its commands and links exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from monitor.cli.app import COMMAND_NAMES, run_command_line
from monitor.config_file.load import check_config

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language, unindented."""
    indented_blocks = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", README, re.M | re.S)
    return [re.sub(rf"^{indent}", "", text, flags=re.M) for indent, text in indented_blocks]


def test_the_rule_in_the_readme_passes_check_with_its_tests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [rule] = blocks("yaml")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "rule.yaml").write_text(rule)
    (tmp_path / "config.toml").write_text('[channels.screen]\ntype = "terminal"\n[alerts]\nnotify = ["screen"]\n')

    assert run_command_line(["check"]) == 0, capsys.readouterr().out


def test_the_config_in_the_readme_is_valid(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("\n".join(blocks("toml")))
    config, problems = check_config(tmp_path / "config.toml", {"SMTP_PASSWORD": "secret"})

    assert config is not None, problems
    assert [source.name for source in config.sources] == ["isw"]
    assert list(config.channels) == ["desk"]


def test_the_make_targets_and_commands_in_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"\bmake (\w+)", "\n".join(blocks("sh"))):
        assert re.search(rf"^{target}:", makefile, re.M)
    assert set(re.findall(r"\.venv/bin/monitor ([\w-]+)", README)) <= set(COMMAND_NAMES)


def test_the_local_links_in_the_readme_exist() -> None:
    assert [link for link in re.findall(r"\]\((?!http)([^)#]+)\)", README) if not (ROOT / link).exists()] == []
