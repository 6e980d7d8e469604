"""Pages of alerts by several criteria at once, in both directions, for the web UI."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, exists, func, select

from monitor.alerts.feedback import FeedbackKind
from monitor.model import Moment
from monitor.store.reports.alert_search import numbers_matching
from monitor.store.reports.alerts import AlertRow, load_alert_rows
from monitor.store.schema import alert_texts, alerts, answers, deliveries
from monitor.store.sql import distinct_names

ANSWERED = {"no": None, "yes": None, "ack": FeedbackKind.ACK, "not-news": FeedbackKind.NOT_NEWS}


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """What alerts must have in common; None: anything. `answered` is one of ANSWERED, `message` the id of a message
    that carries them, `text` a full-text search, `until` the first moment that is too late."""

    rule: str | None = None
    severity: str | None = None
    source: str | None = None
    story: str | None = None
    message: str | None = None
    answered: str | None = None
    since: Moment | None = None
    until: Moment | None = None
    text: str | None = None


def load_filtered_page(
    conn: Connection,
    wanted: AlertFilter,
    *,
    limit: int,
    before: int | None = None,
    after: int | None = None,
) -> list[AlertRow]:
    """Return a page of alerts, newest first: those next below the number `before`, or next above `after`."""
    number = alerts.c.number
    query = select(number, alerts.c.body, alerts.c.update_id).where(*conditions(conn, wanted)).limit(limit)
    if before is not None:
        query = query.where(number < before)
    if after is None:
        return load_alert_rows(conn, query.order_by(number.desc()))
    return load_alert_rows(conn, query.where(number > after).order_by(number))[::-1]


def count_filtered(conn: Connection, wanted: AlertFilter, limit: int) -> int:
    """Count the alerts of a filter, up to `limit`."""
    numbers = select(alerts.c.number).where(*conditions(conn, wanted)).limit(limit).subquery()
    return conn.scalar(select(func.count()).select_from(numbers)) or 0


def conditions(conn: Connection, wanted: AlertFilter) -> list[ColumnElement[bool]]:
    """Return the conditions of a filter."""
    parts: list[ColumnElement[bool]] = []
    for column, value in ((alerts.c.rule, wanted.rule), (alerts.c.severity, wanted.severity)):
        if value is not None:
            parts.append(column == value)
    if wanted.story is not None:
        parts.append(alerts.c.story == wanted.story)
    if wanted.since is not None:
        parts.append(alerts.c.at >= wanted.since)
    if wanted.until is not None:
        parts.append(alerts.c.at < wanted.until)
    if wanted.source is not None:
        parts.append(alerts.c.number.in_(numbers_of_source(wanted.source)))
    if wanted.message is not None:
        parts.append(alerts.c.id.in_(select(deliveries.c.alert_id).where(deliveries.c.message_id == wanted.message)))
    if wanted.answered is not None:
        parts.append(answer_condition(wanted.answered))
    if wanted.text is not None:
        parts.append(numbers_matching(conn, wanted.text))
    return parts


def numbers_of_source(source: str) -> Select[Any]:
    return select(alert_texts.c.number).where(alert_texts.c.source == source)


def answer_condition(answered: str) -> ColumnElement[bool]:
    """Return the condition for one of ANSWERED."""
    answer = exists().where(answers.c.alert_id == alerts.c.id)
    kind = ANSWERED[answered]
    if kind is None:
        return answer if answered == "yes" else ~answer
    return answer.where(answers.c.answer == kind.value)


def neighbors(conn: Connection, number: int) -> tuple[str | None, str | None]:
    """Return the ids of the next newer and the next older alert."""
    newer = select(alerts.c.id).where(alerts.c.number > number).order_by(alerts.c.number).limit(1)
    older = select(alerts.c.id).where(alerts.c.number < number).order_by(alerts.c.number.desc()).limit(1)
    return conn.scalar(newer), conn.scalar(older)


def rules_with_alerts(conn: Connection, limit: int) -> list[str]:
    """Return the names of up to `limit` rules that have alerts, in order."""
    return distinct_names(conn, alerts.c.rule, limit)
