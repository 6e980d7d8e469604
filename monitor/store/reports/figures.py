"""Figures of the store for `/metrics`: states of sources, queues, workers, rows and size."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from monitor.model import Moment
from monitor.store import outbox, schema
from monitor.store.daemons import load_daemons
from monitor.store.reports.status import UNSENT_STATES, count_by_state
from monitor.store.rule_state import load_rules_refusal
from monitor.store.schema import claims, entries, messages, sources, updates
from monitor.store.sql import count_rows

MAX_SOURCES_BY_NAME = 500  # more have no figures of their own


@dataclass(frozen=True, slots=True)
class StoreFigures:
    """What `/metrics` shows of the store at `at`. Ages are in seconds.

    `good_ages` has the sources that were read before, unless there are too many of them. `unsent` counts messages by
    channel and state, and `oldest_due` is the age of the oldest message by channel that could be tried now.
    """

    at: Moment
    sources: dict[str, int]
    good_ages: dict[str, float]
    last_poll_age: float | None
    poll_delay: float
    unsent: dict[tuple[str, str], int]
    oldest_due: dict[str, float]
    workers: int
    rejected_problems: int


@dataclass(frozen=True, slots=True)
class DatabaseSize:
    """How large the store is: `size` in bytes, rows by table."""

    size: int
    rows: dict[str, int]


def load_figures(conn: Connection, now: Moment) -> StoreFigures:
    is_active = sources.c.configured
    last_poll = conn.scalar(select(func.max(sources.c.last_poll)).where(is_active))
    is_idle = (sources.c.leased_until.is_(None)) | (sources.c.leased_until <= now)
    next_poll = conn.scalar(select(func.min(sources.c.next_poll)).where(is_active, is_idle))
    states = count_by_state(conn, sources.c.state, is_active)
    good_ages: dict[str, float] = {}
    if sum(states.values()) <= MAX_SOURCES_BY_NAME:
        rows = conn.execute(select(sources.c.name, sources.c.last_good).where(is_active, sources.c.last_good > 0))
        good_ages = {name: max(0.0, now - last_good) for name, last_good in rows}
    unsent = conn.execute(
        select(messages.c.channel, messages.c.state, func.count())
        .where(messages.c.state.in_(UNSENT_STATES))
        .group_by(messages.c.channel, messages.c.state)
    )
    daemons = [row for row in load_daemons(conn) if now - row.at <= 2 * row.every + 60.0]
    return StoreFigures(
        at=now,
        sources=states,
        good_ages=good_ages,
        last_poll_age=None if last_poll is None else max(0.0, now - last_poll),
        poll_delay=0.0 if next_poll is None else max(0.0, now - next_poll),
        unsent={(channel, state): number for channel, state, number in unsent},
        oldest_due={channel: now - due for channel, (due, _) in outbox.oldest_ready(conn, now).items()},
        workers=len(daemons),
        rejected_problems=len(load_rules_refusal(conn)[1]),
    )


def load_size(conn: Connection) -> DatabaseSize:
    """Return the size of the database. Counts rows, so it takes a while in a large one."""
    sizes = {
        "sqlite": "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
        "postgresql": "SELECT pg_database_size(current_database())",
    }
    rows = {
        "entries": count_rows(conn, entries.c.id),
        "updates": count_rows(conn, updates.c.id),
        "claims": count_rows(conn, claims.c.id),
        "alerts": count_rows(conn, schema.alerts.c.number),
        "messages": count_rows(conn, messages.c.number),
    }
    return DatabaseSize(int(conn.exec_driver_sql(sizes[conn.dialect.name]).scalar_one()), rows)
