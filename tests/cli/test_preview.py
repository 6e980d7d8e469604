"""`monitor preview`: render a template without sending."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.cli.app import run_command_line


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a config and no custom templates."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules").mkdir()
    (tmp_path / "config.toml").write_text('[channels.screen]\ntype = "terminal"\n')
    return tmp_path


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("email.subject.j2", "12,000"),
        ("email.txt.j2", "Around 3,000"),
        ("email.html.j2", "<html"),
        ("terminal.j2", "12,000"),
        ("webhook.json.j2", '"type":"alert.created"'),
    ],
)
def test_each_template_is_rendered_with_the_sample(
    template: str, expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["preview", template]) == 0
    assert expected.casefold() in capsys.readouterr().out.casefold()


def test_the_slack_template_is_printed_as_blocks(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["preview", "slack.j2"]) == 0
    assert {block["type"] for block in json.loads(capsys.readouterr().out)} >= {"header", "section"}


def test_an_error_in_a_template_is_reported_with_its_location(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "templates").mkdir()
    (folder / "templates" / "email.txt.j2").write_text("fine\n{{ nothing_of_that_name }}\n")

    assert run_command_line(["preview", "email.txt.j2"]) == 1
    assert "email.txt.j2:2:" in capsys.readouterr().out


def test_a_template_of_a_webhook_is_printed_as_it_is_sent(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "templates").mkdir()
    (folder / "templates" / "brief.webhook.json.j2").write_text('{"text": {{ severity }}}\n')
    assert run_command_line(["preview", "brief.webhook.json.j2"]) == 0
    assert capsys.readouterr().out == '{"text": "high"}\n'

    (folder / "templates" / "brief.webhook.json.j2").write_text('{\n"text": "{{ severity }}"}')
    assert run_command_line(["preview", "brief.webhook.json.j2"]) == 1
    assert "brief.webhook.json.j2:2:1: prints invalid JSON" in capsys.readouterr().out


def test_an_unknown_template_or_alert_is_reported_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["preview", "email.htlm.j2"]) == 2
    assert "did you mean" in capsys.readouterr().err
    assert run_command_line(["preview", "webhook.j2"]) == 2
    assert 'did you mean "webhook.json.j2"?' in capsys.readouterr().err
    assert run_command_line(["preview", "email.txt.j2", "--alert", "al-none"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_template_of_single_rules_can_be_rendered(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["preview", "brief.terminal.j2"]) == 2
    assert 'unknown template "brief.terminal.j2" in ' in capsys.readouterr().err
    (folder / "templates").mkdir()
    (folder / "templates" / "brief.terminal.j2").write_text("in brief: {{ headline }}\n")
    assert run_command_line(["preview", "brief.terminal.j2"]) == 0
    assert capsys.readouterr().out.startswith("in brief: ")
