"""Listings for people and programs: alerts, deliveries, one update explained, the ledger, and counts.

Long listings are pages: newest first, `before` takes the number of the last row seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, select

from monitor.alerts.feedback import Feedback
from monitor.model import Alert, Moment
from monitor.serialize import alert_from_json
from monitor.store import schema
from monitor.store.corroboration import alerts_with_other_sources
from monitor.store.feedback import feedback_by_alert
from monitor.store.schema import entries, updates

MAX_COUNTED_ALERTS = 20_000  # alerts: a page is not to wait for the count of a storm


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert in the order of committing, and the update that caused it."""

    number: int
    alert: Alert
    update_id: int | None


@dataclass(frozen=True, slots=True)
class AlertCount:
    """How many alerts a rule gave of a story and a source."""

    rule: str
    story: str
    source: str
    count: int


def load_alert_page(
    conn: Connection,
    *,
    limit: int = 50,
    before: int | None = None,
    rule: str | None = None,
    story: str | None = None,
    since: Moment | None = None,
) -> list[AlertRow]:
    """A page of alerts, newest first."""
    table = schema.alerts
    query = select(table.c.number, table.c.body, table.c.update_id).order_by(table.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(table.c.number < before)
    if rule is not None:
        query = query.where(table.c.rule == rule)
    if story is not None:
        query = query.where(table.c.story == story)
    if since is not None:
        query = query.where(table.c.at >= since)
    return load_alert_rows(conn, query)


def recent_alert_counts(conn: Connection, since: Moment, limit: int = MAX_COUNTED_ALERTS) -> list[AlertCount]:
    """How many alerts since a moment, `most` and the newest of them, each rule gave of each story and source."""
    alert_table = schema.alerts
    newest = select(alert_table.c.rule, alert_table.c.story, alert_table.c.update_id).where(alert_table.c.at >= since)
    recent = newest.order_by(alert_table.c.number.desc()).limit(limit).subquery()
    group_columns = (recent.c.rule, recent.c.story, entries.c.source)
    from_sources = recent.join(updates, updates.c.id == recent.c.update_id).join(
        entries, entries.c.id == updates.c.entry_id
    )
    rows = conn.execute(select(*group_columns, func.count()).select_from(from_sources).group_by(*group_columns))
    return [AlertCount(*row) for row in rows]


def find_alert(conn: Connection, alert_id: str) -> AlertRow | None:
    """One alert by its id."""
    table = schema.alerts
    query = select(table.c.number, table.c.body, table.c.update_id).where(table.c.id == alert_id)
    return next(iter(load_alert_rows(conn, query)), None)


def load_alert_rows(conn: Connection, query: Select[Any]) -> list[AlertRow]:
    """The alerts of a query for their numbers, bodies and updates, with who else says so by now."""
    rows = conn.execute(query).all()
    refreshed = alerts_with_other_sources(conn, [alert_from_json(row.body) for row in rows])
    return [AlertRow(row.number, alert, row.update_id) for row, alert in zip(rows, refreshed, strict=True)]


def with_feedback(conn: Connection, rows: Sequence[AlertRow]) -> list[tuple[AlertRow, Feedback | None]]:
    """Alerts, each with what was answered to it."""
    by_alert = feedback_by_alert(conn, [row.alert.id for row in rows])
    return [(row, by_alert.get(row.alert.id)) for row in rows]
