"""Pages of the alerts that several conditions select, for the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, exists, select

from monitor.alerts.feedback import FeedbackKind
from monitor.model import Moment
from monitor.store.reports.alert_search import alert_ids_matching
from monitor.store.reports.alerts import AlertRow, load_alert_rows
from monitor.store.schema import alerts, answers, entries, updates

IDS_PER_SEARCH = 500
ANSWERED = {"no": None, "yes": None, "ack": FeedbackKind.ACK, "not-news": FeedbackKind.NOT_NEWS}
MAX_SEARCHES = 40  # for one page; what is older is on the next one


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """What alerts must have in common; None: anything. `answered` is one of ANSWERED; `text` is searched for."""

    rule: str | None = None
    severity: str | None = None
    source: str | None = None
    story: str | None = None
    since: Moment | None = None
    until: Moment | None = None
    answered: str | None = None
    text: str | None = None


def load_filtered_page(
    conn: Connection, wanted: AlertFilter, *, limit: int, before: int | None = None
) -> list[AlertRow]:
    """Return a page of alerts, newest first."""
    query = filtered(select(alerts.c.number, alerts.c.body, alerts.c.update_id), wanted)
    query = query.order_by(alerts.c.number.desc()).limit(limit)
    if wanted.text is None:
        return load_alert_rows(conn, query if before is None else query.where(alerts.c.number < before))
    found: list[AlertRow] = []
    for _ in range(MAX_SEARCHES):
        numbers = alert_ids_matching(conn, wanted.text, limit=IDS_PER_SEARCH, before=before)
        found += load_alert_rows(conn, query.where(alerts.c.number.in_(numbers))) if numbers else []
        if len(found) >= limit or len(numbers) < IDS_PER_SEARCH:
            break
        before = numbers[-1]
    return found[:limit]


def filtered(query: Select[Any], wanted: AlertFilter) -> Select[Any]:
    for column, value in (
        (alerts.c.rule, wanted.rule),
        (alerts.c.severity, wanted.severity),
        (alerts.c.story, wanted.story),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.since is not None:
        query = query.where(alerts.c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(alerts.c.at < wanted.until)
    if wanted.source is not None:
        of_source = select(updates.c.id).join(entries, entries.c.id == updates.c.entry_id)
        query = query.where(
            exists(of_source.where(updates.c.id == alerts.c.update_id, entries.c.source == wanted.source))
        )
    if wanted.answered is not None:
        answer, kind = exists().where(answers.c.alert_id == alerts.c.id), ANSWERED[wanted.answered]
        if kind is not None:
            answer = answer.where(answers.c.answer == kind.value)
        query = query.where(~answer if wanted.answered == "no" else answer)
    return query
