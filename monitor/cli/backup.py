"""`monitor backup FILE`: write a complete copy of the store; the daemon may keep running."""

from __future__ import annotations

from pathlib import Path

import click

from monitor.cli.options import config_option, load_config, open_existing_store
from monitor.cli.progress import progress_bars


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@config_option
def command(file: Path, path: Path) -> None:
    """Write a complete copy of the store to FILE. Never overwrites."""
    with open_existing_store(load_config(path)) as store, progress_bars() as note_progress:
        store.backup(file, note_progress)
    click.echo(f"wrote {file} ({file.stat().st_size:,} bytes)")
