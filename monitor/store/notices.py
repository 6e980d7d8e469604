"""The notices of sources: what the operator is to know of each, since when, and when it was last told."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT compiles for SQLite as well

from monitor.alerts.upkeep import Notice
from monitor.store.schema import notices, sources

OF_SOURCE = select(notices).where(notices.c.source == bindparam("source"))
STANDING = (
    select(notices)
    .join(sources, sources.c.name == notices.c.source)
    .where(sources.c.configured, notices.c.ended.is_(None))
    .order_by(notices.c.source, notices.c.since, notices.c.kind)
)
STANDING_OF = (
    select(notices.c.source)
    .where(notices.c.source.in_(bindparam("sources", expanding=True)), notices.c.ended.is_(None))
    .distinct()
)
_KEEP = insert(notices)
KEEP = _KEEP.on_conflict_do_update(
    index_elements=[notices.c.source, notices.c.kind],
    set_={name: _KEEP.excluded[name] for name in ("said", "since", "last", "told", "ended")},
)


def of_source(conn: Connection, source: str) -> dict[str, Notice]:
    """The source's notices by kind, those that are over among them."""
    found = conn.execute(OF_SOURCE, {"source": source})
    return {row.kind: Notice(row.kind, row.said, row.since, row.last, row.told, row.ended) for row in found}


def standing_of(conn: Connection, sources: Iterable[str]) -> list[str]:
    """Those of the sources that have a notice that is not over."""
    asked = list(sources)
    return list(conn.scalars(STANDING_OF, {"sources": asked})) if asked else []


def keep(conn: Connection, source: str, found: Iterable[Notice]) -> None:
    """Keeps the source's notices as they stand now."""
    rows = [
        {
            "source": source,
            "kind": notice.kind,
            "said": notice.said,
            "since": notice.since,
            "last": notice.last,
            "told": notice.told,
            "ended": notice.ended,
        }
        for notice in found
    ]
    if rows:
        conn.execute(KEEP, rows)


def shown(conn: Connection) -> Mapping[str, list[Notice]]:
    """The notices that people are to see, by configured source, oldest first."""
    found: dict[str, list[Notice]] = defaultdict(list)
    for row in conn.execute(STANDING):
        notice = Notice(row.kind, row.said, row.since, row.last, row.told, row.ended)
        if notice.shown:
            found[row.source].append(notice)
    return found


def counted(conn: Connection) -> dict[str, int]:
    """How many sources have a notice of each kind that people are to see."""
    return dict(Counter(notice.kind for found in shown(conn).values() for notice in found))
