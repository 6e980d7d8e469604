"""`monitor migrate`: upgrade the store to the schema of this version, as `monitor run` does when it starts."""

from __future__ import annotations

from pathlib import Path

import click

from monitor.cli.options import config_option, is_store_missing, load_config
from monitor.cli.progress import progress_bars
from monitor.errors import MonitorError


@click.command("migrate")
@config_option
def command(path: Path) -> None:
    """Upgrade the store to the schema of this version.

    A SQLite database is copied first, to a file beside it that is kept. Back up a PostgreSQL database before:

      pg_dump --format=custom --file=before.dump DATABASE
    """
    from monitor.store.connect import open_any_schema
    from monitor.store.migrate import REVISIONS

    config = load_config(path)
    if is_store_missing(config):
        raise MonitorError("there is no store yet: start `monitor run` first")
    store = open_any_schema(config.monitor.database, create=False)
    try:
        with progress_bars() as note_progress:
            upgrade = store.upgrade(note_progress)
    finally:
        store.close()
    if upgrade is None:
        click.echo(f"{store.name} has schema {int(REVISIONS[-1])}, the newest")
        return
    click.echo(f"upgraded {store.name} from schema {int(upgrade.before)} to {int(upgrade.after)}")
    if upgrade.copy:
        click.echo(f"kept the database as it was before: {upgrade.copy}")
