"""docs/reference.md documents each command, option, config key, notice, exit code and variable, and nothing else.

The names in templates are compared in tests/deliver, the query language and the keys of rules in tests/ruleset."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from monitor.alerts.source_notices import NOTICE_SEVERITY, NOTICE_TITLES
from monitor.cli.app import root_group
from monitor.config.models import (
    AlertsConfig,
    Auth,
    ChannelConfig,
    Config,
    HeartbeatConfig,
    LogConfig,
    MonitorConfig,
    NetworkConfig,
    SourceConfig,
    WebConfig,
)
from monitor.config_file.problems import toml_fields
from monitor.deliver.channels import NOTIFIERS, notifier_class
from monitor.errors import EXIT_COULD_NOT_RUN, EXIT_OUTDATED
from monitor.model import Severity

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/reference.md").read_text(encoding="utf-8")
TABLES = {
    "monitor": MonitorConfig,
    "network": NetworkConfig,
    "defaults and sources": SourceConfig,
    "alerts": AlertsConfig,
    "web": WebConfig,
    "heartbeat": HeartbeatConfig,
    "log": LogConfig,
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


def test_every_table_of_the_config_has_a_section() -> None:
    sections = {title.removeprefix("defaults and ") for title in TABLES} | {"channels"}
    assert set(toml_fields(Config)) - {"path", "folder"} == sections


def test_every_notice_about_a_source_is_documented() -> None:
    rows = dict(re.findall(r"(?m)^\| `(\w+)` \| (\w+) \|", section("Source notices")))
    assert rows == {kind: str(NOTICE_SEVERITY.get(kind, Severity.LOW)) for kind in NOTICE_TITLES}


def test_exactly_the_exit_codes_are_documented() -> None:
    codes = re.findall(r"(?m)^\| (\d+) \|", section("Exit codes"))
    assert codes == ["0", "1", str(EXIT_COULD_NOT_RUN), str(EXIT_OUTDATED), "130"]


def test_every_environment_variable_is_documented() -> None:
    used = {"NO_COLOR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"}  # read by libraries
    for path in (ROOT / "monitor").rglob("*.py"):
        used |= set(re.findall(r"(?:environ\.get\(|environ\[|getenv\(|envvar=)\"(\w+)\"", path.read_text("utf-8")))
    assert {"MONITOR_LOG", "MONITOR_DEBUG", "SSL_CERT_FILE"} <= used
    assert first_cells(section("Environment")) == used


def all_commands(command: click.Command = root_group, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield each command and subcommand with the names that lead to it."""
    if path:
        yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            subcommand = command.get_command(context, name)
            assert subcommand
            yield from all_commands(subcommand, *path, name)


COMMANDS = dict(all_commands())


def test_exactly_the_existing_commands_are_documented() -> None:
    cells = {tuple(cell.split()[1:]) for cell in first_cells(section("Commands"))}
    prefixes = {cell: [path for path in COMMANDS if cell[: len(path)] == path] for cell in cells}
    described = {max(prefixes[cell], key=len, default=cell) for cell in cells}
    assert described == set(COMMANDS)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_option_of_a_command_is_documented(path: tuple[str, ...]) -> None:
    shown = [parameter for parameter in COMMANDS[path].params if not getattr(parameter, "hidden", False)]
    options = {option for parameter in shown for option in parameter.opts if option.startswith("--")}
    rows = [row for row in section("Commands").splitlines() if row.startswith(f"| `monitor {' '.join(path)}")]
    for option in options - {"--json", "--config"}:
        assert any(option in row for row in rows), f"{' '.join(path)} {option} is not in docs/reference.md"
