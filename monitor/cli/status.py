"""`monitor status`: show whether a daemon works, and sources, deliveries and stored records, on one screen."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.options import config_option, json_option, load_config, open_existing_store
from monitor.cli.output import iso_utc, show_json, terminal_safe
from monitor.model import OPEN_DELIVERY_STATES

if TYPE_CHECKING:
    from monitor.store.reports.daemon import DaemonStatus
    from monitor.store.reports.status import Status


@click.command("status")
@click.option("--check", is_flag=True, help="Show only the daemon; exit with 1 unless one runs and works.")
@config_option
@json_option
@click.pass_context
def command(ctx: click.Context, path: Path, check: bool, as_json: bool) -> None:
    """Show whether a daemon runs and works, the state of sources and deliveries, and what is stored."""
    from monitor.store.reports.daemon import load_daemon_status
    from monitor.store.reports.status import load_status

    with open_existing_store(load_config(path)) as store, store.read() as conn:
        daemon = load_daemon_status(conn, store.daemon_pid(), is_shared=store.is_shared)
        report = None if check else load_status(conn, time.time())
    if as_json:
        from monitor.listings import daemon_json, status_json

        show_json((status_json(report) if report else {}) | {"daemon": daemon_json(daemon)})
    else:
        _show_daemon(daemon)
        if report:
            _show_report(report)
    ctx.exit(1 if check and daemon.status != "ok" else 0)


def _show_daemon(daemon: DaemonStatus) -> None:
    """Show whether a daemon runs, each of its processes, and the checks that fail or have a remark."""
    if not daemon.is_running:
        _show_line("daemon", "not running")
    elif not daemon.processes:
        _show_line("daemon", f"running (pid {daemon.pid}), and has not stored yet how it is")
    for process in daemon.processes:
        text = f"{daemon.status}: pid {process.pid} on {process.host}, since {iso_utc(process.started)}"
        _show_line("daemon", f"{text}, version {process.version}, config {process.config}")
    for name, check in daemon.checks.items():
        if check.reason:
            since = f"{check.status} since {iso_utc(check.since)}: " if check.status != "ok" else ""
            _show_line(name, f"{since}{check.reason}")


def _show_line(name: str, text: str) -> None:
    click.echo(f"{name:<12} {terminal_safe(text)}")


def _show_report(report: Status) -> None:
    counts = report.counts
    has_open_messages = any(report.messages.get(state) for state in OPEN_DELIVERY_STATES)
    lines = {
        "sources": _counts_text(report.sources) or "none",
        "notices": _counts_text(report.notices) or "none",
        "messages": _counts_text(report.messages) or "none",
        "alerts": f"{counts.alerts:,}, {report.alerts_today:,} in the last 24 hours, {report.pending_matches:,} held",
        "decided": f"{_counts_text(report.decided_today) or 'nothing'} in the last 24 hours",
        "stored": f"{counts.entries:,} entries, {counts.updates:,} updates, {counts.claims:,} claims",
        "last poll": iso_utc(report.last_poll) or "never",
        "next poll": iso_utc(report.next_poll) or "never",
        "oldest due": iso_utc(report.oldest_owed) or ("not due yet" if has_open_messages else "none"),
    }
    if report.never_polled:
        lines["first poll"] = f"{report.never_polled:,} of {sum(report.sources.values()):,} sources not read yet"
    for name, text in lines.items():
        _show_line(name, text)
    for problem in report.rules_refused:
        _show_line("rejected", f"{iso_utc(report.rules_refused_at)} {problem}")


def _counts_text(by_state: dict[str, int]) -> str:
    return ", ".join(f"{number:,} {state}" for state, number in sorted(by_state.items()))
