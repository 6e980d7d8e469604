"""`monitor alerts`: list the alerts, newest first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.complete_values import complete_rules
from monitor.cli.options import (
    config_option,
    is_store_missing,
    json_option,
    limit_option,
    load_config,
    open_existing_store,
)
from monitor.cli.output import iso_utc, show_json, show_table

if TYPE_CHECKING:
    from monitor.model import Alert
    from monitor.store.reports.alerts import AlertRow


@click.command("alerts")
@click.option("--rule", metavar="NAME", help="Only alerts of this rule.", shell_complete=complete_rules)
@click.option("--message", metavar="ID", help="Only alerts that this message carries.")
@config_option
@limit_option
@json_option
def command(rule: str | None, message: str | None, path: Path, limit: int, as_json: bool) -> None:
    """List the alerts, newest first."""
    rows, answers_by_alert = _load_rows(path, rule, message, limit)
    if as_json:
        from monitor.serialize import alert_to_json

        show_json(
            [
                {
                    "at": iso_utc(row.alert.at),
                    "update": row.update_id,
                    "answer": answers_by_alert.get(row.alert.id),
                    **alert_to_json(row.alert),
                }
                for row in rows
            ]
        )
        return
    table_rows = [
        (
            iso_utc(row.alert.at),
            row.alert.id,
            row.update_id or "",
            row.alert.severity,
            row.alert.rule,
            ", ".join(sorted({finding.source for finding in row.alert.findings})),
            answers_by_alert.get(row.alert.id, ""),
            _headline(row.alert),
        )
        for row in rows
    ]
    headers = ("at", "id", "update", "severity", "rule", "source", "answer", "headline")
    show_table(headers, table_rows, "there are no alerts yet")


def _load_rows(
    path: Path, rule: str | None, message: str | None, limit: int
) -> tuple[list[AlertRow], dict[str, str]]:
    """Return the alerts, and the answers to them by alert id."""
    config = load_config(path)
    if is_store_missing(config):
        return [], {}
    from monitor.store import feedback
    from monitor.store.reports.alerts import load_alert_page

    with open_existing_store(config) as store, store.read() as conn:
        rows = load_alert_page(conn, limit=limit, rule=rule, message=message)
        answers = feedback.feedback_by_alert(conn, [row.alert.id for row in rows])
        return rows, {alert_id: str(answer.kind) for alert_id, answer in answers.items()}


def _headline(alert: Alert) -> str:
    """Return the first claim and the number of further ones."""
    suffix = f" (and {len(alert.findings) - 1} more)" if len(alert.findings) > 1 else ""
    return f"{alert.findings[0].claim}{suffix}" if alert.findings else alert.title
