"""Counts and times that show whether the daemon works."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Connection, and_, func, select

from monitor.model import OPEN_DELIVERY_STATES, Moment
from monitor.store import schema, source_notices
from monitor.store.rule_state import load_rules_refusal
from monitor.store.schema import claims, entries, matches, messages, sources, stories, updates
from monitor.store.sources import SHOWN_STATE
from monitor.store.sql import count_rows
from monitor.units import DAY

UNSENT_STATES = (*OPEN_DELIVERY_STATES, "dead")  # of messages


@dataclass(frozen=True, slots=True)
class TableCounts:
    """The numbers of rows of large tables, which take a while to count."""

    entries: int
    updates: int
    claims: int
    stories: int
    alerts: int
    sent_messages: int


@dataclass(frozen=True, slots=True)
class Status:
    """Counts of rows and states, and the times that show whether polling and delivery work.

    `sources` and `messages` are counts by state, `notices` counts visible notices by kind, and `decided_today` the
    matches of the last 24 hours by reason. `never_polled` counts the sources whose first poll is due.
    `rules_refused` lists the problems of rules on disk that were rejected.
    """

    sources: dict[str, int]
    messages: dict[str, int]
    counts: TableCounts
    alerts_today: int
    pending_matches: int
    last_poll: Moment | None
    next_poll: Moment | None
    oldest_owed: Moment | None
    decided_today: dict[str, int]
    rules_refused_at: Moment | None = None
    rules_refused: tuple[str, ...] = ()
    notices: dict[str, int] = field(default_factory=dict)
    never_polled: int = 0


def count_tables(conn: Connection) -> TableCounts:
    return TableCounts(
        entries=count_rows(conn, entries.c.id),
        updates=count_rows(conn, updates.c.id),
        claims=count_rows(conn, claims.c.id),
        stories=count_rows(conn, stories.c.id),
        alerts=count_rows(conn, schema.alerts.c.number),
        sent_messages=count_rows(conn, messages.c.number, messages.c.state == "sent"),
    )


def load_status(conn: Connection, now: Moment, counts: TableCounts | None = None) -> Status:
    """Return the status; `counts` are those of a moment ago, None to count now."""
    refused_at, refusal_problems = load_rules_refusal(conn)
    counts = counts or count_tables(conn)
    sent = {"sent": counts.sent_messages} if counts.sent_messages else {}
    return Status(
        sources=count_by_state(conn, SHOWN_STATE, sources.c.configured),
        notices=source_notices.visible_notice_counts(conn),
        messages=count_by_state(conn, messages.c.state, messages.c.state.in_(UNSENT_STATES)) | sent,
        counts=counts,
        alerts_today=count_rows(conn, schema.alerts.c.number, schema.alerts.c.at >= now - DAY),
        pending_matches=count_rows(
            conn, matches.c.id, and_(matches.c.waiting.is_not(None), matches.c.counts_for.is_(None))
        ),
        last_poll=conn.scalar(select(func.max(sources.c.last_poll)).where(sources.c.configured)),
        next_poll=conn.scalar(
            select(func.min(sources.c.next_poll)).where(sources.c.configured, sources.c.paused_at.is_(None))
        ),
        oldest_owed=conn.scalar(
            select(func.min(messages.c.created)).where(
                messages.c.state.in_(OPEN_DELIVERY_STATES), messages.c.created <= now
            )
        ),
        decided_today=count_by_state(conn, matches.c.reason, matches.c.at >= now - DAY),
        rules_refused_at=refused_at,
        rules_refused=refusal_problems,
        never_polled=count_rows(conn, sources.c.name, and_(sources.c.configured, sources.c.last_poll.is_(None))),
    )


def count_by_state(conn: Connection, state: ColumnElement[str], condition: ColumnElement[bool]) -> dict[str, int]:
    """Count rows by the value of a column."""
    rows = conn.execute(select(state, func.count()).where(condition).group_by(state))
    return dict(rows.all())
