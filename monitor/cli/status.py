"""`monitor status`: how things stand, on one screen."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.options import config_of, config_option, json_option, store_of
from monitor.cli.output import iso, plain, show_json
from monitor.deliver.waits import OPEN

if TYPE_CHECKING:
    from monitor.store.reports import Status


@click.command("status")
@config_option
@json_option
def command(path: Path, as_json: bool) -> None:
    """Show how things stand: sources, deliveries, what is stored."""
    from monitor.store.reports import status

    with store_of(config_of(path)) as store, store.read() as conn:
        found = status(conn, time.time())
    if as_json:
        from monitor.listed import status_json

        show_json(status_json(found))
    else:
        _show(found)


def _show(found: Status) -> None:
    waits = any(found.messages.get(state) for state in OPEN)
    lines = {
        "sources": _counts(found.sources) or "none",
        "notices": _counts(found.notices) or "none",
        "messages": _counts(found.messages) or "none",
        "alerts": f"{found.alerts:,}, {found.alerts_today:,} in the last 24 hours, {found.held:,} held back",
        "decided": f"{_counts(found.decided_today) or 'nothing'} in the last 24 hours",
        "stored": f"{found.entries:,} entries, {found.updates:,} updates, {found.claims:,} claims",
        "last poll": iso(found.last_poll) or "never",
        "next poll": iso(found.next_poll) or "never",
        "oldest owed": iso(found.oldest_owed) or ("waits for its time" if waits else "nothing is owed"),
    }
    for name, what in lines.items():
        click.echo(f"{name:<12} {what}")
    for problem in found.rules_refused:
        click.echo(f"{'rules':<12} refused at {iso(found.rules_refused_at)}: {plain(problem)}")


def _counts(by_state: dict[str, int]) -> str:
    return ", ".join(f"{number:,} {state}" for state, number in sorted(by_state.items()))
