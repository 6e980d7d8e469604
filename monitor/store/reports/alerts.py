"""The newest alerts, and alerts with the feedback on them, for commands and the web UI."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select

from monitor.alerts.feedback import Feedback
from monitor.model import Alert, Moment
from monitor.serialize import alert_from_json
from monitor.store import schema
from monitor.store.corroboration import alerts_with_other_sources
from monitor.store.feedback import feedback_by_alert


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert with its commit number and the update that caused it, if any."""

    number: int
    alert: Alert
    update_id: int | None


def load_alert_page(
    conn: Connection,
    *,
    limit: int = 50,
    rule: str | None = None,
    story: str | None = None,
    message: str | None = None,
) -> list[AlertRow]:
    """Return the newest alerts, newest first. `message` is the id of a message that carries them."""
    table = schema.alerts
    query = select(table.c.number, table.c.body, table.c.update_id).order_by(table.c.number.desc()).limit(limit)
    if rule is not None:
        query = query.where(table.c.rule == rule)
    if story is not None:
        query = query.where(table.c.story == story)
    if message is not None:
        sent = schema.deliveries
        query = query.join(sent, sent.c.alert_id == table.c.id).where(sent.c.message_id == message)
    return load_alert_rows(conn, query)


def alerts_of_rules(conn: Connection, rules: Sequence[str], since: Moment) -> list[AlertRow]:
    """Return all alerts of these rules since a moment as they were raised, oldest first."""
    table = schema.alerts
    query = (
        select(table.c.number, table.c.body, table.c.update_id).where(table.c.at >= since).order_by(table.c.number)
    )
    rows = (row for rule in rules for row in conn.execute(query.where(table.c.rule == rule)))
    return sorted((AlertRow(row[0], alert_from_json(row[1]), row[2]) for row in rows), key=lambda row: row.number)


def find_alert(conn: Connection, alert_id: str) -> AlertRow | None:
    table = schema.alerts
    query = select(table.c.number, table.c.body, table.c.update_id).where(table.c.id == alert_id)
    return next(iter(load_alert_rows(conn, query)), None)


def load_alert_rows(conn: Connection, query: Select[Any]) -> list[AlertRow]:
    """Return the alerts of a query for (number, body, update_id), with the other sources that confirm them by now."""
    rows = conn.execute(query).all()
    refreshed = alerts_with_other_sources(conn, [alert_from_json(row.body) for row in rows])
    return [AlertRow(row.number, alert, row.update_id) for row, alert in zip(rows, refreshed, strict=True)]


def with_feedback(conn: Connection, rows: Sequence[AlertRow]) -> list[tuple[AlertRow, Feedback | None]]:
    """Return the alerts, each with the feedback on it."""
    by_alert = feedback_by_alert(conn, [row.alert.id for row in rows])
    return [(row, by_alert.get(row.alert.id)) for row in rows]
