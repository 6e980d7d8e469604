"""Which sources cannot be read, have fallen silent, or lost entries between two polls, and since when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from monitor.alerts.source_notices import SourceNotice
from monitor.model import Moment
from monitor.store.schema import entries, notices, sources
from monitor.store.source_notices import notice_from_row, visible_notices
from monitor.units import DAY

PROBLEM_STATES = ("failing", "blocked", "paused", "quiet")  # of `sources.state`
RECENT_S = 14 * DAY
MAX_ENDED = 50  # notices that ended, the last ones


@dataclass(frozen=True, slots=True)
class SourceGap:
    """A source with something wrong. `last_entry` is when its newest entry was first seen; None for none."""

    name: str
    url: str
    state: str
    error: str
    failures: int
    last_good: Moment | None
    next_poll: Moment
    last_entry: Moment | None
    notices: tuple[SourceNotice, ...]

    @property
    def kinds(self) -> frozenset[str]:
        """Its state, if that is a problem, and the kinds of its notices."""
        state = {self.state} & set(PROBLEM_STATES)
        return frozenset(state | {notice.kind for notice in self.notices})

    def since(self, kind: str) -> Moment | None:
        """Return since when a problem lasts: its notice, or else the last good poll."""
        opened = next((notice.since for notice in self.notices if notice.kind == kind), None)
        return self.last_good if opened is None else opened


@dataclass(frozen=True, slots=True)
class EndedNotice:
    """A problem of a source that is over."""

    source: str
    notice: SourceNotice


@dataclass(frozen=True, slots=True)
class SourceCounts:
    """The number of configured sources, and of those that have never been read."""

    configured: int
    never_read: int


def source_gaps(conn: Connection) -> list[SourceGap]:
    """Return the configured sources with a problem, ordered by name."""
    notices_by_source = visible_notices(conn)
    columns = ("name", "url", "state", "error", "failures", "last_good", "next_poll")
    rows = conn.execute(
        select(*(sources.c[name] for name in columns)).where(sources.c.configured).order_by(sources.c.name)
    ).all()
    wrong = [row for row in rows if row.state in PROBLEM_STATES or row.name in notices_by_source]
    last_entries = newest_entries(conn, [row.name for row in wrong])
    opened = open_notices(conn)
    return [
        SourceGap(
            row.name,
            row.url,
            row.state,
            row.error or "",
            row.failures,
            row.last_good,
            row.next_poll,
            last_entries.get(row.name),
            tuple(notice for notice in opened[row.name] if notice.is_visible or notice.kind == row.state),
        )
        for row in wrong
    ]


def newest_entries(conn: Connection, names: Iterable[str]) -> dict[str, Moment]:
    """Return when the newest entry of each source was first seen; one index lookup each."""
    query = select(func.max(entries.c.first_seen))
    newest = ((name, conn.scalar(query.where(entries.c.source == name))) for name in names)
    return {name: at for name, at in newest if at is not None}


def open_notices(conn: Connection) -> dict[str, list[SourceNotice]]:
    """Return the notices that are open, by source, oldest first; also those too young to be announced."""
    by_source: dict[str, list[SourceNotice]] = defaultdict(list)
    for row in conn.execute(select(notices).where(notices.c.ended.is_(None)).order_by(notices.c.since)):
        by_source[row.source].append(notice_from_row(row))
    return by_source


def ended_notices(conn: Connection, now: Moment) -> list[EndedNotice]:
    """Return the problems that ended recently, the last first."""
    query = (
        select(notices)
        .join(sources, sources.c.name == notices.c.source)
        .where(sources.c.configured, notices.c.ended >= now - RECENT_S)
        .order_by(notices.c.ended.desc())
        .limit(MAX_ENDED)
    )
    return [EndedNotice(row.source, notice_from_row(row)) for row in conn.execute(query)]


def count_sources(conn: Connection) -> SourceCounts:
    query = select(func.count(), func.count(sources.c.last_good)).where(sources.c.configured)
    configured, read = conn.execute(query).one()
    return SourceCounts(configured, configured - read)


def configured_names(conn: Connection, limit: int) -> list[str]:
    """Return the names of up to `limit` configured sources, in order."""
    query = select(sources.c.name).where(sources.c.configured).order_by(sources.c.name).limit(limit)
    return list(conn.scalars(query))
