"""Reads `config.toml`: bytes → text → TOML → placeholders → validation → `Config`, or all problems with positions.

The models are in `monitor.config.models`; those of channels are in their notifiers.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monitor.config.models import Config
from monitor.config_file.addresses import unreachable_addresses
from monitor.config_file.interpolate import ConfigNote, interpolate
from monitor.config_file.toml_positions import KeyPath, TomlPositions
from monitor.config_file.validate import ConfigValidator
from monitor.errors import ConfigError, MonitorError, Problem

_TABLES_WITH_UNNEEDED_SECRETS = ("channels", "web", "heartbeat")
_MAX_CONFIG_BYTES = 1_000_000
_POSITION_PATTERN = re.compile(r" \((?:at line (\d+), column (\d+)|at end of document)\)$")
_PLAINER_MESSAGES = (
    (re.compile(r"^Cannot (?:declare|define|mutate|redefine|overwrite) .*"), "duplicate key or table"),
    (re.compile(r"^Illegal character '\\n'.*"), "unclosed string"),
    (re.compile(r"^Invalid value"), 'expected a value: a "string", a number, true, false, a [list] or a {table}'),
)


@dataclass(frozen=True, slots=True)
class PartialConfig:
    """The parts of a possibly broken config that rules and templates depend on.

    `tags` have the form used in rules, `tag:ukraine`. `sources` and `channels` are None if the TOML is invalid.
    """

    rules: Path
    templates: Path
    sources: tuple[str, ...] | None
    tags: tuple[str, ...]
    channels: tuple[str, ...] | None


def read_config(path: Path, *, env: Mapping[str, str], needs_secrets: bool = True) -> Config:
    """Return the config at `path`, with placeholders from `env`.

    Unless it `needs_secrets`, secrets of channels may be missing; such a channel has the settings that all channels
    have. Raises ConfigError with all problems, or MonitorError if the file cannot be read.
    """
    return read_config_with_warnings(path, env=env, needs_secrets=needs_secrets)[0]


def read_config_with_warnings(
    path: Path, *, env: Mapping[str, str], needs_secrets: bool = True
) -> tuple[Config, tuple[Problem, ...]]:
    """Return the config like `read_config`, and the warnings about it."""
    config, problems = check_config(path, env, needs_secrets=needs_secrets)
    if config is None:
        raise ConfigError([problem for problem in problems if not problem.warning])
    return config, problems


def check_config(
    path: Path, env: Mapping[str, str], *, needs_secrets: bool = True, checks_addresses: bool = False
) -> tuple[Config | None, tuple[Problem, ...]]:
    """Return the config, None if it is invalid, and problems and warnings in the order of the file.

    `checks_addresses` also reports addresses that are never requested; the config can be used with them.
    Raises MonitorError if the file cannot be read.
    """
    try:
        text = _read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return None, (_encoding_problem(path, error),)
    try:
        tree = tomllib.loads(text)
        positions = TomlPositions(text)
    except (ValueError, RecursionError) as error:
        return None, (_syntax_problem(path, text, error),)
    resolved, notes = interpolate(tree, env, path.absolute().parent)
    absent = () if needs_secrets else tuple(note.key_path for note in notes if is_absent_secret(note))
    validator = ConfigValidator(path, positions, tree, without_values(resolved, absent), absent)
    for note in notes:
        if note.key_path in absent:
            continue
        validator.report(note.key_path, note.message, is_warning=note.is_warning)
    config = validator.build_config()
    for key_path, message in unreachable_addresses(config) if config and checks_addresses else ():
        validator.report(key_path, message)
    return config, tuple(sorted(validator.problems))


def is_absent_secret(note: ConfigNote) -> bool:
    """Whether the note is about a secret that only the daemon needs, and that is not there."""
    return not note.is_warning and note.key_path[0] in _TABLES_WITH_UNNEEDED_SECRETS


def without_values(tree: Any, absent: Collection[KeyPath], key_path: KeyPath = ()) -> Any:
    """Return a copy of a TOML tree without the values at some key paths."""
    if not absent:
        return tree
    if isinstance(tree, dict):
        return {
            key: without_values(value, absent, (*key_path, key))
            for key, value in tree.items()
            if (*key_path, key) not in absent
        }
    if isinstance(tree, list):
        return [without_values(value, absent, (*key_path, i)) for i, value in enumerate(tree)]
    return tree


def read_partial_config(path: Path) -> PartialConfig:
    """Return the parts of a config that may be broken. Raises MonitorError if the file cannot be read."""
    try:
        tree = tomllib.loads(_read_bytes(path).decode("utf-8-sig"))
    except (ValueError, RecursionError):
        tree = {}
    folder, monitor_table = path.absolute().parent, _table_at(tree, "monitor")
    rules, templates = (monitor_table.get(key) for key in ("rules", "templates"))
    sources = [source for source in _list_at(tree, "sources") if isinstance(source, dict)]
    return PartialConfig(
        rules=folder / (rules if isinstance(rules, str) else "rules"),
        templates=folder / (templates if isinstance(templates, str) else "templates"),
        sources=tuple(str(source["name"]) for source in sources if "name" in source) if tree else None,
        tags=tuple(f"tag:{tag}" for source in sources for tag in _list_at(source, "tags")),
        channels=tuple(_table_at(tree, "channels")) if tree else None,
    )


def _table_at(tree: dict[str, Any], name: str) -> dict[str, Any]:
    value = tree.get(name)
    return value if isinstance(value, dict) else {}


def _list_at(table: dict[str, Any], name: str) -> list[Any]:
    value = table.get(name)
    return value if isinstance(value, list) else []


def _read_bytes(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise MonitorError(f"{path} does not exist; `monitor init` creates a config") from None
    except OSError as error:
        raise MonitorError(f"cannot read {path}: {(error.strerror or 'unknown cause').lower()}") from None
    if len(content) > _MAX_CONFIG_BYTES:
        raise MonitorError(f"{path} is too large: expected at most {_MAX_CONFIG_BYTES // 1000} KB")
    return content


def _encoding_problem(path: Path, error: UnicodeDecodeError) -> Problem:
    preceding = error.object[: error.start]
    line, column = preceding.count(b"\n") + 1, error.start - preceding.rfind(b"\n")
    return Problem(path, line, column, "expected UTF-8 text, found another encoding")


def _syntax_problem(path: Path, text: str, error: Exception) -> Problem:
    """Return tomllib's message and position; without a position, the end or the start of the file."""
    if isinstance(error, RecursionError):
        return Problem(path, 1, 1, "lists or tables are nested too deeply")
    if not isinstance(error, tomllib.TOMLDecodeError):
        return Problem(path, 1, 1, "a number is too long")
    message = str(error)
    position = _POSITION_PATTERN.search(message)
    message = _POSITION_PATTERN.sub("", message)
    if position and position[1]:
        line, column = int(position[1]), int(position[2])
    else:
        line, column = text.count("\n") + 1, len(text) - text.rfind("\n")
    for pattern, plainer in _PLAINER_MESSAGES:
        message = pattern.sub(plainer, message)
    return Problem(path, line, column, f"invalid TOML: {message[:1].lower()}{message[1:]}")
