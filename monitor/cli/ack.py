"""`monitor ack ALERT`: record that an alert was seen and was news."""

from __future__ import annotations

from pathlib import Path

import click

from monitor.cli.answers import by_option, note_option, submit_feedback
from monitor.cli.complete_values import complete_alerts
from monitor.cli.options import config_option


@click.command("ack")
@click.argument("alert", shell_complete=complete_alerts)
@by_option
@note_option
@config_option
def command(alert: str, by: str, note: str, path: Path) -> None:
    """Record that ALERT was seen and was news."""
    from monitor.alerts.feedback import FeedbackKind

    submit_feedback(path, alert, FeedbackKind.ACK, by, note)
    click.echo(f"alert {alert} acknowledged")
