"""The notices of sources: what the operator is to know of each, since when, and when it was last told."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, bindparam, select
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


def load_notices(conn: Connection, source: str) -> dict[str, SourceNotice]:
    """The source's notices by kind, those that are over among them."""
    rows = conn.execute(SELECT_NOTICES, {"source": source})
    return {row.kind: SourceNotice(row.kind, row.said, row.since, row.last, row.told, row.ended) for row in rows}


def sources_with_notices(conn: Connection, sources: Iterable[str]) -> list[str]:
    """Those of the sources that have a notice that is not over."""
    source_names = list(sources)
    return list(conn.scalars(SELECT_SOURCES_WITH_NOTICES, {"sources": source_names})) if source_names else []


def save_notices(conn: Connection, source: str, source_notices: Iterable[SourceNotice]) -> None:
    """Keeps the source's notices as they stand now."""
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
    """The notices that people are to see, by configured source, oldest first."""
    by_source: dict[str, list[SourceNotice]] = defaultdict(list)
    for row in conn.execute(SELECT_ACTIVE_NOTICES):
        notice = SourceNotice(row.kind, row.said, row.since, row.last, row.told, row.ended)
        if notice.is_visible:
            by_source[row.source].append(notice)
    return by_source


def visible_notice_counts(conn: Connection) -> dict[str, int]:
    """How many sources have a notice of each kind that people are to see."""
    return dict(
        Counter(notice.kind for source_notices in visible_notices(conn).values() for notice in source_notices)
    )
