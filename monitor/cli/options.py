"""Options that commands share, and the first steps of most commands: load the config, open the store."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.errors import MonitorError

if TYPE_CHECKING:
    from monitor.config.models import Config
    from monitor.store.base import Store

config_option = click.option(
    "-c",
    "--config",
    "path",
    metavar="FILE",
    default="config.toml",
    show_default=True,
    type=click.Path(path_type=Path),
    help="The config file.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
limit_option = click.option(
    "--limit", metavar="N", default=50, show_default=True, type=click.IntRange(1), help="Maximum number of rows."
)


def load_config(path: Path, *, needs_secrets: bool = False) -> Config:
    """Return the config at `path`. Commands that send or poll need the secrets in it.

    Raise ConfigError or MonitorError if it is invalid.
    """
    from monitor.config_file.load import read_config

    return read_config(path, env=os.environ, needs_secrets=needs_secrets)


def require_known_name(kind: str, name: str, known_names: Collection[str]) -> None:
    """Raise UsageError, with the nearest name, if the name of a rule, source or channel does not exist."""
    if name not in known_names:
        from monitor.config_file.problems import closest_hint

        raise click.UsageError(f'unknown {kind} "{name}"{closest_hint(name, known_names)}')


def is_store_missing(config: Config) -> bool:
    """Return whether the SQLite file does not exist yet, because no daemon has run with this config."""
    url = config.monitor.database
    return url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists()


@contextmanager
def open_existing_store(config: Config) -> Iterator[Store]:
    """Open the store of a config. Raise MonitorError if it does not exist: only the daemon creates one."""
    from monitor.store.connect import open_store

    if is_store_missing(config):
        raise MonitorError("there is no store yet: start `monitor run` first")
    store = open_store(config.monitor.database, create=False)
    try:
        yield store
    finally:
        store.close()
