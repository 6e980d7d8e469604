"""`monitor not-news ALERT`: record that an alert was not news, and mute similar claims for its rule."""

from __future__ import annotations

from pathlib import Path

import click

from monitor.cli.answers import by_option, note_option, submit_feedback
from monitor.cli.complete_values import complete_alerts
from monitor.cli.options import config_option
from monitor.cli.output import iso_utc, terminal_safe


@click.command("not-news")
@click.argument("alert", shell_complete=complete_alerts)
@by_option
@note_option
@config_option
def command(alert: str, by: str, note: str, path: Path) -> None:
    """Record that ALERT was not news. Its rule no longer alerts to similar claims until a fact changes."""
    from monitor.alerts.feedback import FeedbackKind

    recorded = submit_feedback(path, alert, FeedbackKind.NOT_NEWS, by, note)
    click.echo(f"alert {alert} marked as not news")
    if mute := recorded.mute:
        rule, until = terminal_safe(mute.rule or ""), iso_utc(mute.until)
        click.echo(
            f"rule {rule}: similar claims are muted until {until}; `monitor silence end {mute.id}` ends the mute"
        )
