"""Notices about sources for the operator: what, since when, and when last announced."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT compiles for SQLite as well

from monitor.alerts.source_notices import SourceNotice
from monitor.store.schema import notices, sources

SELECT_NOTICES = select(notices).where(notices.c.source == bindparam("source"))
SELECT_ACTIVE_NOTICES = (
    select(notices)
    .join(sources, sources.c.name == notices.c.source)
    .where(sources.c.configured, notices.c.ended.is_(None))
    .order_by(notices.c.source, notices.c.since, notices.c.kind)
)
SELECT_SOURCES_WITH_NOTICES = (
    select(notices.c.source)
    .where(notices.c.source.in_(bindparam("sources", expanding=True)), notices.c.ended.is_(None))
    .distinct()
)
_INSERT_NOTICE = insert(notices)
UPSERT_NOTICE = _INSERT_NOTICE.on_conflict_do_update(
    index_elements=[notices.c.source, notices.c.kind],
    set_={name: _INSERT_NOTICE.excluded[name] for name in ("said", "since", "last", "told", "ended")},
)


def notice_from_row(row: Row[Any]) -> SourceNotice:
    return SourceNotice(row.kind, row.said, row.since, row.last, row.told, row.ended)


def load_notices(conn: Connection, source: str) -> dict[str, SourceNotice]:
    """Return the source's notices by kind, including ended ones."""
    rows = conn.execute(SELECT_NOTICES, {"source": source})
    return {row.kind: notice_from_row(row) for row in rows}


def sources_with_notices(conn: Connection, sources: Iterable[str]) -> list[str]:
    """Return those of the sources that have an active notice."""
    source_names = list(sources)
    return list(conn.scalars(SELECT_SOURCES_WITH_NOTICES, {"sources": source_names})) if source_names else []


def save_notices(conn: Connection, source: str, source_notices: Iterable[SourceNotice]) -> None:
    """Insert or replace these notices of the source."""
    rows = [
        {
            "source": source,
            "kind": notice.kind,
            "said": notice.text,
            "since": notice.since,
            "last": notice.last_seen,
            "told": notice.announced_at,
            "ended": notice.ended_at,
        }
        for notice in source_notices
    ]
    if rows:
        conn.execute(UPSERT_NOTICE, rows)


def visible_notices(conn: Connection) -> Mapping[str, list[SourceNotice]]:
    """Return the visible notices by configured source, oldest first."""
    by_source: dict[str, list[SourceNotice]] = defaultdict(list)
    for row in conn.execute(SELECT_ACTIVE_NOTICES):
        notice = notice_from_row(row)
        if notice.is_visible:
            by_source[row.source].append(notice)
    return by_source


def visible_notice_counts(conn: Connection) -> dict[str, int]:
    """Count the sources with a visible notice, by kind."""
    return dict(
        Counter(notice.kind for source_notices in visible_notices(conn).values() for notice in source_notices)
    )
