"""`monitor sources poll`: poll a source now, by the running daemon if there is one."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.options import config_option, is_store_missing, load_config, open_existing_store
from monitor.cli.output import terminal_safe
from monitor.errors import MonitorError, StoreBusy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.config.models import Config
    from monitor.sources.state import SourceState

DAEMON_WAIT_S = 120.0  # for the running daemon to finish the polls


@click.command("poll")
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@config_option
@click.pass_context
def poll_command(ctx: click.Context, names: tuple[str, ...], path: Path) -> None:
    """Poll sources now, whatever their interval and back-off."""
    import asyncio

    from monitor.daemon.run import poll_now

    config = load_config(path, needs_secrets=True)
    check_source_names(config, names)
    _refuse_paused(config, names)
    started = time.time()
    try:
        asyncio.run(poll_now(config, names))
    except StoreBusy:
        _poll_by_daemon(config, names, started)
    polled, states = _polled_since(config, names, started), _load_states(config, names)
    for state in states:
        result = state.error or f"{state.state} (entries: {state.entries})"
        click.echo(terminal_safe(f"{state.name}: {result if state.name in polled else 'not polled yet'}"))
    ctx.exit(1 if any(state.error for state in states) or len(polled) < len(states) else 0)


def _refuse_paused(config: Config, names: Sequence[str]) -> None:
    if is_store_missing(config):
        return
    for state in _load_states(config, names):
        if state.paused_at is not None:
            name = terminal_safe(state.name)
            raise MonitorError(f"{name} is paused; `monitor sources resume {name}` polls it again")


def check_source_names(config: Config, names: Sequence[str]) -> None:
    """Raise MonitorError for a name that is not in the config."""
    from monitor.config_file.problems import closest_hint

    known = {source.name for source in config.sources}
    for name in names:
        if name not in known:
            raise MonitorError(f'unknown source "{name}"{closest_hint(name, known)}')


def _poll_by_daemon(config: Config, names: Sequence[str], started: float) -> None:
    """Ask the running daemon for the polls, and wait until they are finished."""
    from monitor.actions import request_polls

    with open_existing_store(config) as store:
        request_polls(store, names, started)
    deadline = time.monotonic() + DAEMON_WAIT_S
    while time.monotonic() < deadline:
        if _polled_since(config, names, started) >= set(names):
            return
        time.sleep(0.2)


def _polled_since(config: Config, names: Sequence[str], started: float) -> set[str]:
    """Return the sources that were polled since a moment."""
    from monitor.store.sources import last_poll_times

    with open_existing_store(config) as store, store.read() as conn:
        return {name for name, at in last_poll_times(conn, names).items() if at >= started}


def _load_states(config: Config, names: Sequence[str]) -> list[SourceState]:
    from monitor.store.sources import load_sources

    with open_existing_store(config) as store, store.read() as conn:
        return [state for state in load_sources(conn) if state.name in names]
