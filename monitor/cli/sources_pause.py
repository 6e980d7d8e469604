"""`monitor sources pause` and `resume`: stop polling a source for a while."""

from __future__ import annotations

import time
from pathlib import Path

import click

from monitor.cli.options import config_option, load_config, open_existing_store
from monitor.cli.output import terminal_safe
from monitor.cli.sources_poll import check_source_names


@click.command("pause")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@config_option
def pause_command(names: tuple[str, ...], path: Path) -> None:
    """Stop polling sources until `resume`, also across restarts."""
    _set_paused(path, names, paused=True)


@click.command("resume")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@config_option
def resume_command(names: tuple[str, ...], path: Path) -> None:
    """Poll paused sources again, the first time now."""
    _set_paused(path, names, paused=False)


def _set_paused(path: Path, names: tuple[str, ...], *, paused: bool) -> None:
    from monitor.actions import set_source_paused

    config = load_config(path)
    check_source_names(config, names)
    with open_existing_store(config) as store:
        for name in names:
            set_source_paused(store, name, paused, time.time())
            click.echo(terminal_safe(f"{name}: {'paused' if paused else 'resumed'}"))
