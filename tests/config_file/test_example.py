"""`config.example.toml` is valid and shows every key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from monitor.config.models import (
    AlertsConfig,
    Auth,
    HeartbeatConfig,
    MonitorConfig,
    NetworkConfig,
    SourceConfig,
    WebConfig,
)
from monitor.config_file.load import check_config
from monitor.config_file.problems import toml_fields
from monitor.deliver.channels import NOTIFIERS, notifier_class
from monitor.resources import builtin_path

ENV = {
    "MINISTRY_KEY": "key",
    "MINISTRY_PASSWORD": "password",
    "SMTP_PASSWORD": "password",
    "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0/B0/x",
    "SIEM_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
}
MODELS = (MonitorConfig, NetworkConfig, SourceConfig, Auth, AlertsConfig, WebConfig, HeartbeatConfig)


def test_the_example_has_no_problems(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(builtin_path("config.example.toml").read_bytes())
    (tmp_path / "templates").mkdir()
    secret = tmp_path / "secrets/incidents-token"
    secret.parent.mkdir()
    secret.write_text("token\n")
    secret.chmod(0o600)

    config, problems = check_config(tmp_path / "config.toml", ENV)

    assert [str(problem) for problem in problems] == []
    assert config is not None
    assert set(config.channels) == {"desk", "osint", "siem", "screen"}
    assert [source.kind for source in config.sources] == ["feed", "page", "json"]


def test_each_missing_environment_variable_is_reported_on_its_line(tmp_path: Path) -> None:
    text = builtin_path("config.example.toml").read_text(encoding="utf-8")
    (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    _, problems = check_config(tmp_path / "config.toml", {})
    lines = text.splitlines()
    errors = [problem for problem in problems if not problem.warning]
    assert len(errors) == len(ENV) + 1
    assert all("${" in lines[problem.line - 1] for problem in errors)


@pytest.mark.parametrize(
    "key",
    sorted({key for model in MODELS for key in toml_fields(model)})
    + sorted({key for name in NOTIFIERS for key in toml_fields(notifier_class(name).Settings)}),
)
def test_every_key_is_in_the_example(key: str) -> None:
    text = builtin_path("config.example.toml").read_text(encoding="utf-8")
    assert re.search(rf"(?m)(^|\{{ |, |^# ){re.escape(key)} +=", text), f"{key} is not in config.example.toml"


@pytest.mark.parametrize("name", NOTIFIERS)
def test_every_type_of_channel_is_in_the_example(name: str) -> None:
    assert f'type = "{name}"' in builtin_path("config.example.toml").read_text(encoding="utf-8")
