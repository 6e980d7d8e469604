"""`monitor not-news ALERT`: what an alert told was no news, and the like of it is not to be told."""

from __future__ import annotations

from pathlib import Path

import click

from monitor.cli.answers import by_option, note_option, submit_feedback
from monitor.cli.options import config_option
from monitor.cli.output import iso_utc, terminal_safe


@click.command("not-news")
@click.argument("alert")
@by_option
@note_option
@config_option
def command(alert: str, by: str, note: str, path: Path) -> None:
    """Say that the alert ALERT was not news: its rule tells nothing like it until a fact moves."""
    from monitor.alerts.feedback import FeedbackKind

    recorded = submit_feedback(path, alert, FeedbackKind.NOT_NEWS, by, note)
    click.echo(f"alert {alert} was not news")
    if mute := recorded.mute:
        rule, until = terminal_safe(mute.rule or ""), iso_utc(mute.until)
        click.echo(f"rule {rule} tells nothing like it until {until}; `monitor silence end {mute.id}` undoes that")
