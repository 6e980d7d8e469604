"""`monitor story ID`: show the sources of a story, which of them are copies, its figures over time and its alerts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.options import config_option, json_option, load_config, open_existing_store
from monitor.cli.output import iso_utc, pluralize, show_json, show_table, terminal_safe
from monitor.errors import MonitorError

if TYPE_CHECKING:
    from monitor.alerts.feedback import Feedback
    from monitor.alerts.story_summary import FigureSeries, StorySummary
    from monitor.store.reports.alerts import AlertRow

MAX_STORY_ALERTS = 50


@click.command("story")
@click.argument("story", metavar="ID")
@config_option
@json_option
def command(story: str, path: Path, as_json: bool) -> None:
    """Summarize a story: sources, figures over time, alerts."""
    config = load_config(path)
    from monitor.listings import story_summary_json
    from monitor.store.reports import alerts
    from monitor.store.reports.alerts import load_alert_page
    from monitor.store.story_summary import load_story_summary

    with open_existing_store(config) as store, store.read() as conn:
        summary = load_story_summary(conn, story)
        alerts_with_answers = alerts.with_feedback(conn, load_alert_page(conn, limit=MAX_STORY_ALERTS, story=story))
    if summary is None:
        hint = "`monitor alerts --json` and `monitor search --json` list stories"
        raise MonitorError(f"unknown story {terminal_safe(story)}; {hint}")
    if as_json:
        show_json(story_summary_json(summary, alerts_with_answers))
    else:
        _show_story(summary, alerts_with_answers)


def _show_story(summary: StorySummary, alerts_with_answers: list[tuple[AlertRow, Feedback | None]]) -> None:
    click.echo(click.style(terminal_safe(summary.lead), bold=True))
    if summary.is_of_rule:
        click.echo(f"{summary.id}, of a rule that counts matches of other stories, or reports that there are none")
        _show_alerts(alerts_with_answers)
        return
    click.echo(f"{summary.id}, reported from {iso_utc(summary.opened_at)} to {iso_utc(summary.last_at)}")
    click.echo(pluralize(summary.independent_count, "independent source"))
    source_rows = [
        (
            report.source,
            iso_utc(report.first_claim.at),
            report.claim_count,
            f"repeats {report.copied_from} word for word" if report.copied_from else "",
        )
        for report in summary.source_reports
    ]
    show_table(("source", "since", "claims", ""), source_rows, "no source reports it any more")
    for series in summary.figures:
        _show_figure(series)
    _show_alerts(alerts_with_answers)


def _show_alerts(alerts_with_answers: list[tuple[AlertRow, Feedback | None]]) -> None:
    from monitor.deliver.headline import alert_headline

    click.echo()
    rows = [
        (row.alert.id, iso_utc(row.alert.at), alert_headline(row.alert), answer.kind if answer else "")
        for row, answer in alerts_with_answers
    ]
    show_table(("alert", "at", "headline", "answer"), rows, "there are no alerts of this story")


def _show_figure(series: FigureSeries) -> None:
    click.echo()
    rows = [(point.text, iso_utc(point.at), point.source) for point in series.points]
    show_table((terminal_safe(series.counted) or "figure", "at", "source"), rows, "")
