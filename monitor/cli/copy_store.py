"""`monitor copy-store FROM TO`: copy the store to another database, such as from SQLite to PostgreSQL."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.options import config_option, load_config
from monitor.cli.progress import progress_bars
from monitor.errors import MonitorError

if TYPE_CHECKING:
    from monitor.store.base import Store
    from monitor.store.copy import TableProgress

CONFIGURED = "config"  # stands for the database of the config


@click.command("copy-store")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@config_option
def command(source: str, target: str, path: Path) -> None:
    """Copy the store to an empty database, such as from SQLite to PostgreSQL.

    FROM and TO are URLs (sqlite:///FILE or postgresql://USER@HOST/NAME), or `config` for the database of the config.
    Stop the daemon first.
    """
    from monitor.runtime import DEAD_AFTER_S
    from monitor.store.connect import open_any_schema, open_store
    from monitor.store.copy import copy_store

    source_url, target_url = database_url(source, path), database_url(target, path)
    if source_url == target_url:
        raise MonitorError("FROM and TO are the same database")
    from_store = open_store(source_url, create=False)
    try:
        to_store = open_any_schema(target_url)
        try:
            with closing(copy_store(from_store, to_store, dead_after_s=DEAD_AFTER_S)) as steps:
                totals = show_progress(steps)
            click.echo(describe_copy(from_store, to_store, totals))
        finally:
            to_store.close()
    finally:
        from_store.close()


def database_url(argument: str, config_path: Path) -> str:
    """Return the URL of a database. Raise MonitorError if it is none; the message does not repeat it."""
    if argument == CONFIGURED:
        return load_config(config_path).monitor.database
    from monitor.config.fields import validate_database_url

    try:
        return validate_database_url(argument)
    except ValueError as error:
        raise MonitorError(str(error)) from None


def show_progress(steps: Iterable[TableProgress]) -> dict[str, int]:
    """Show the progress, as bars on a terminal and else as a line for each table. Return the rows of each table."""
    totals: dict[str, int] = {}
    with progress_bars() as note_progress:
        for step in steps:
            note_progress(step.table, step.copied, step.total)
            if step.copied == step.total:
                totals[step.table] = step.total
                if not sys.stdout.isatty():
                    click.echo(f"{step.table}: {step.copied:,} of {step.total:,} rows")
    return totals


def describe_copy(source: Store, target: Store, totals: dict[str, int]) -> str:
    rows = sum(totals.values())
    return f"copied {rows:,} rows of {len(totals)} tables from {source.name} to {target.name}; the counts agree"
