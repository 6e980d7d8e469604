"""Commands that only look need no secret of a channel."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config_file.load import read_config
from monitor.errors import ConfigError
from monitor.model import Severity

CONFIG = """
[[sources]]
name = "wire"
url = "https://example.org/feed.xml"
[channels.desk]
type = "email"
host = "smtp.example.org"
username = "monitor"
password = "${SMTP_PASSWORD}"
from = "monitor@example.org"
to = ["desk@example.org"]
severity = "high"
[channels.hook]
type = "webhook"
url = "${HOOK_URL}"
secret = "${file:hook.secret}"
[alerts]
notify = ["desk"]
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text(CONFIG)
    return tmp_path / "config.toml"


def test_channels_without_their_secrets_have_the_settings_that_all_channels_have(path: Path) -> None:
    config = read_config(path, env={}, needs_secrets=False)
    desk = config.channels["desk"]
    assert (desk.name, desk.type, desk.severity) == ("desk", "email", Severity.HIGH)
    assert set(config.channels) == {"desk", "hook"}


def test_a_channel_whose_secrets_are_there_is_complete(path: Path) -> None:
    config = read_config(path, env={"SMTP_PASSWORD": "tide"}, needs_secrets=False)
    assert getattr(config.channels["desk"], "host", None) == "smtp.example.org"


def test_other_problems_of_such_a_channel_are_still_errors(path: Path) -> None:
    path.write_text(CONFIG.replace('"high"', '"grave"'))
    with pytest.raises(ConfigError, match='found "grave"'):
        read_config(path, env={}, needs_secrets=False)


def test_secrets_of_sources_and_of_the_database_are_needed(path: Path) -> None:
    path.write_text('[monitor]\ndatabase = "${DATABASE_URL}"\n' + CONFIG)
    with pytest.raises(ConfigError, match="DATABASE_URL is not set"):
        read_config(path, env={}, needs_secrets=False)


def test_commands_that_send_need_every_secret(path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(path, env={})
    messages = [problem.message for problem in caught.value.problems]
    assert len(messages) == 3
    assert messages[0] == "the environment variable SMTP_PASSWORD is not set"
