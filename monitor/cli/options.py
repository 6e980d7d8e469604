"""The options that commands share, and what most of them begin with."""

from __future__ import annotations

import os
from collections.abc import Iterator
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
    help="The config.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="For programs: JSON.")
limit_option = click.option(
    "--limit", metavar="N", default=50, show_default=True, type=click.IntRange(1), help="How many at most."
)


class HiddenUsageArgument(click.Argument):
    """An argument of which the command's usage line tells in words of its own; an error calls it by its name."""

    def get_usage_pieces(self, ctx: click.Context) -> list[str]:
        return []

    def get_error_hint(self, ctx: click.Context | None) -> str:
        return f"'{self.human_readable_name.lower()}'"


def load_config(path: Path) -> Config:
    """The config at `path`. ConfigError or MonitorError if it cannot be used."""
    from monitor.config_file.load import read_config

    return read_config(path, env=os.environ)


def is_store_missing(config: Config) -> bool:
    """Whether there is no store yet, because no daemon ever ran on this config."""
    url = config.monitor.database
    return url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists()


@contextmanager
def open_existing_store(config: Config) -> Iterator[Store]:
    """The config's store; where there is none it is an error: only the daemon makes one."""
    from monitor.store.connect import open_store

    if is_store_missing(config):
        raise MonitorError("nothing was stored yet: start `monitor run` first")
    store = open_store(config.monitor.database, create=False)
    try:
        yield store
    finally:
        store.close()
