"""Pages of the alerts that several conditions select, for the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, exists, select

from monitor.model import Moment
from monitor.store.reports.alert_search import alert_ids_matching
from monitor.store.reports.alerts import AlertRow, load_alert_rows
from monitor.store.schema import alerts, answers, entries, updates

IDS_PER_SEARCH = 500
MAX_SEARCHES = 40  # for one page; what is older is on the next one


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Conditions that an alert must fulfill; None is any. `text` is searched for in it."""

    rule: str | None = None
    severity: str | None = None
    source: str | None = None
    story: str | None = None
    since: Moment | None = None
    until: Moment | None = None
    answered: bool | None = None
    text: str | None = None


def load_filtered_alerts(
    conn: Connection, conditions: AlertFilter, *, limit: int, before: int | None
) -> list[AlertRow]:
    """Return a page of alerts, newest first."""
    query = filtered(select(alerts.c.number, alerts.c.body, alerts.c.update_id), conditions)
    query = query.order_by(alerts.c.number.desc()).limit(limit)
    if conditions.text is None:
        return load_alert_rows(conn, query if before is None else query.where(alerts.c.number < before))
    found: list[AlertRow] = []
    for _ in range(MAX_SEARCHES):
        numbers = alert_ids_matching(conn, conditions.text, limit=IDS_PER_SEARCH, before=before)
        found += load_alert_rows(conn, query.where(alerts.c.number.in_(numbers))) if numbers else []
        if len(found) >= limit or len(numbers) < IDS_PER_SEARCH:
            break
        before = numbers[-1]
    return found[:limit]


def filtered(query: Select[Any], conditions: AlertFilter) -> Select[Any]:
    for column, value in (
        (alerts.c.rule, conditions.rule),
        (alerts.c.severity, conditions.severity),
        (alerts.c.story, conditions.story),
    ):
        if value is not None:
            query = query.where(column == value)
    if conditions.since is not None:
        query = query.where(alerts.c.at >= conditions.since)
    if conditions.until is not None:
        query = query.where(alerts.c.at < conditions.until)
    if conditions.source is not None:
        of_source = select(updates.c.id).join(entries, entries.c.id == updates.c.entry_id)
        query = query.where(
            exists(of_source.where(updates.c.id == alerts.c.update_id, entries.c.source == conditions.source))
        )
    if conditions.answered is not None:
        has_answer = exists().where(answers.c.alert_id == alerts.c.id)
        query = query.where(has_answer if conditions.answered else ~has_answer)
    return query
