"""One source with its history: its state, notices, newest entries, and how many entries each day brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from sqlalchemy import Connection, func, select

from monitor.alerts.source_notices import SourceNotice
from monitor.model import Moment
from monitor.sources.state import SourceState
from monitor.store.schema import entries, sources, updates
from monitor.store.source_notices import load_notices
from monitor.store.sources import LISTED_COLUMNS


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry of a source; `versions` counts the updates that are stored of it."""

    title: str
    url: str
    published: Moment | None
    first_seen: Moment
    last_seen: Moment
    versions: int


@dataclass(frozen=True, slots=True)
class SourceHistory:
    """A source as in listings, when it was last polled, and all its notices, the last opened first."""

    state: SourceState
    last_poll: Moment | None
    notices: tuple[SourceNotice, ...]


def find_source_history(conn: Connection, name: str) -> SourceHistory | None:
    """Return a configured source; None if there is none of that name."""
    query = select(*LISTED_COLUMNS, sources.c.last_poll).where(sources.c.configured, sources.c.name == name)
    row = conn.execute(query).first()
    if row is None:
        return None
    notices = tuple(sorted(load_notices(conn, name).values(), key=lambda notice: -notice.since))
    visible = tuple(notice for notice in reversed(notices) if notice.is_visible)
    return SourceHistory(replace(SourceState(*row[:-1]), notices=visible), row.last_poll, notices)


def newest_stored_entries(conn: Connection, name: str, limit: int) -> list[StoredEntry]:
    """Return the entries of a source that were seen last for the first time, newest first."""
    query = (
        select(entries)
        .where(entries.c.source == name)
        .order_by(entries.c.first_seen.desc(), entries.c.id.desc())
        .limit(limit)
    )
    rows = conn.execute(query).all()
    count_query = (
        select(updates.c.entry_id, func.count())
        .where(updates.c.entry_id.in_([row.id for row in rows]))
        .group_by(updates.c.entry_id)
    )
    versions: dict[int, int] = dict(conn.execute(count_query).all())
    return [
        StoredEntry(row.title, row.url, row.published, row.first_seen, row.last_seen, versions.get(row.id, 0))
        for row in rows
    ]


def entry_counts_by_day(conn: Connection, name: str, days: Sequence[Moment]) -> list[int]:
    """Count the entries of a source that were first seen between each two of these moments."""
    query = select(func.count()).where(entries.c.source == name)
    return [
        conn.scalar(query.where(entries.c.first_seen >= first, entries.c.first_seen < end)) or 0
        for first, end in pairwise(days)
    ]
