"""`monitor status`: show sources, deliveries and stored records on one screen."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.options import config_option, json_option, load_config, open_existing_store
from monitor.cli.output import iso_utc, show_json, terminal_safe
from monitor.model import OPEN_DELIVERY_STATES

if TYPE_CHECKING:
    from monitor.store.reports.status import Status


@click.command("status")
@config_option
@json_option
def command(path: Path, as_json: bool) -> None:
    """Show the state of sources and deliveries, and what is stored."""
    from monitor.store.reports.status import load_status

    with open_existing_store(load_config(path)) as store, store.read() as conn:
        report = load_status(conn, time.time())
    if as_json:
        from monitor.listings import status_json

        show_json(status_json(report))
    else:
        _show_report(report)


def _show_report(report: Status) -> None:
    has_open_messages = any(report.messages.get(state) for state in OPEN_DELIVERY_STATES)
    lines = {
        "sources": _counts_text(report.sources) or "none",
        "notices": _counts_text(report.notices) or "none",
        "messages": _counts_text(report.messages) or "none",
        "alerts": f"{report.alerts:,}, {report.alerts_today:,} in the last 24 hours, {report.pending_matches:,} held",
        "decided": f"{_counts_text(report.decided_today) or 'nothing'} in the last 24 hours",
        "stored": f"{report.entries:,} entries, {report.updates:,} updates, {report.claims:,} claims",
        "last poll": iso_utc(report.last_poll) or "never",
        "next poll": iso_utc(report.next_poll) or "never",
        "oldest due": iso_utc(report.oldest_owed) or ("not due yet" if has_open_messages else "none"),
    }
    if report.never_polled:
        lines["first poll"] = f"{report.never_polled:,} of {sum(report.sources.values()):,} sources not read yet"
    for name, text in lines.items():
        click.echo(f"{name:<12} {text}")
    for problem in report.rules_refused:
        click.echo(f"{'rejected':<12} {iso_utc(report.rules_refused_at)} {terminal_safe(problem)}")


def _counts_text(by_state: dict[str, int]) -> str:
    return ", ".join(f"{number:,} {state}" for state, number in sorted(by_state.items()))
