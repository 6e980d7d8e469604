"""`monitor alerts`: what people were told, newest first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.options import config_of, config_option, json_option, limit_option, never_ran, store_of
from monitor.cli.output import iso, show_json, show_table

if TYPE_CHECKING:
    from monitor.model import Alert
    from monitor.store.reports import AlertRow


@click.command("alerts")
@click.option("--rule", metavar="NAME", help="Only those of one rule.")
@config_option
@limit_option
@json_option
def command(rule: str | None, path: Path, limit: int, as_json: bool) -> None:
    """List the alerts, newest first."""
    rows, answered = _rows(path, rule, limit)
    if as_json:
        from monitor.deliver.payload import alert_data

        show_json(
            [
                {
                    "at": iso(row.alert.at),
                    "update": row.update,
                    "answer": answered.get(row.alert.id),
                    **alert_data(row.alert),
                }
                for row in rows
            ]
        )
        return
    shown = [
        (
            iso(row.alert.at),
            row.alert.id,
            row.update or "",
            row.alert.severity,
            row.alert.rule,
            ", ".join(sorted({f.source for f in row.alert.findings})),
            answered.get(row.alert.id, ""),
            _news(row.alert),
        )
        for row in rows
    ]
    heads = ("at", "id", "update", "severity", "rule", "source", "answer", "news")
    show_table(heads, shown, "there are no alerts yet")


def _rows(path: Path, rule: str | None, limit: int) -> tuple[list[AlertRow], dict[str, str]]:
    """The alerts, and what was answered to those of them that somebody has answered, by their ids."""
    config = config_of(path)
    if never_ran(config):
        return [], {}
    from monitor.store import answers, reports

    with store_of(config) as store, store.read() as conn:
        rows = reports.alerts(conn, limit=limit, rule=rule)
        found = answers.to_alerts(conn, [row.alert.id for row in rows])
        return rows, {id: str(answer.said) for id, answer in found.items()}


def _news(alert: Alert) -> str:
    """The first claim, with how much more there is."""
    more = f" (and {len(alert.findings) - 1} more)" if len(alert.findings) > 1 else ""
    return f"{alert.findings[0].claim}{more}" if alert.findings else alert.title
