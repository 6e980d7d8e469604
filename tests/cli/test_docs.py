"""docs/reference.md documents every command, option and config key, and nothing else."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import click
import pytest

from monitor.cli.app import COMMAND_NAMES
from monitor.config.models import (
    AlertsConfig,
    Auth,
    ChannelConfig,
    MonitorConfig,
    NetworkConfig,
    SourceConfig,
    WebConfig,
)
from monitor.config_file.problems import toml_fields
from monitor.deliver.channels import NOTIFIERS, notifier_class

TEXT = (Path(__file__).parents[2] / "docs/reference.md").read_text(encoding="utf-8")
TABLES = {
    "monitor": MonitorConfig,
    "network": NetworkConfig,
    "defaults and sources": SourceConfig,
    "alerts": AlertsConfig,
    "web": WebConfig,
}


def section(title: str) -> str:
    """Return the text under a heading, up to the next one."""
    match = re.search(rf"(?ms)^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", TEXT)
    assert match, f"docs/reference.md has no heading {title}"
    return match[1]


def first_cells(text: str) -> set[str]:
    """Return the code spans in the first column of the tables of a text."""
    rows = re.findall(r"(?m)^\| (`[^|]*) \|", text)
    return {word for row in rows for word in re.findall(r"`([^`]+)`", row)}


@pytest.mark.parametrize("title", TABLES)
def test_every_key_of_a_config_table_is_documented(title: str) -> None:
    assert first_cells(section(title)) == set(toml_fields(TABLES[title]))


def test_the_keys_of_auth_are_documented() -> None:
    assert all(f"{key} =" in section("defaults and sources") for key in toml_fields(Auth))


@pytest.mark.parametrize("name", NOTIFIERS)
def test_every_key_of_a_channel_type_is_documented(name: str) -> None:
    match = re.search(rf"(?ms)^\*\*{name}\*\*(.*?)(?=^\*\*|\Z)", section("channels"))
    assert match, f"docs/reference.md does not describe the channel {name}"
    assert first_cells(match[1]) == set(toml_fields(notifier_class(name).Settings)) - set(toml_fields(ChannelConfig))


def test_common_channel_keys_are_documented_before_the_types() -> None:
    assert first_cells(section("channels").partition("**email**")[0]) == set(toml_fields(ChannelConfig)) - {"type"}


def test_exactly_the_existing_commands_are_documented() -> None:
    described = {re.match(r"monitor ([a-z-]+)", cell)[1] for cell in first_cells(section("Commands"))}  # type: ignore[index]
    assert described == set(COMMAND_NAMES)


@pytest.mark.parametrize("name", COMMAND_NAMES)
def test_every_option_of_a_command_is_documented(name: str) -> None:
    command: click.Command = import_module(f"monitor.cli.{name.replace('-', '_')}").command
    shown = [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]
    options = {option for parameter in shown for option in parameter.opts if option.startswith("--")}
    rows = [row for row in section("Commands").splitlines() if row.startswith(f"| `monitor {name}")]
    for option in options - {"--json", "--config"}:
        assert any(option in row for row in rows), f"{name} {option} is not in docs/reference.md"
