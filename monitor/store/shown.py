"""What is known of a source's entries when it is polled: which there were, what they said, and their versions."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, bindparam, func, select

from monitor.model import Finding, Moment
from monitor.sources.moves import LOOKED_AT, Version
from monitor.sources.odd import Came, Seen
from monitor.store.codec import finding_from
from monitor.store.schema import entries, findings, sources, updates
from monitor.store.types import storable

SEEN = select(
    entries.c.key, entries.c.content_hash, entries.c.first_seen, entries.c.last_seen, entries.c.published
).where(entries.c.source == bindparam("source"), entries.c.key.in_(bindparam("keys", expanding=True)))
READ_AT = select(sources.c.last_read, sources.c.last_good).where(sources.c.name == bindparam("source"))
TWINS = (
    select(entries.c.content_hash, func.max(entries.c.last_seen))
    .where(entries.c.source == bindparam("source"), entries.c.content_hash.in_(bindparam("contents", expanding=True)))
    .group_by(entries.c.content_hash)
)
STOOD = select(entries.c.key, entries.c.first_seen, entries.c.published).where(
    entries.c.source == bindparam("source"), entries.c.last_seen >= bindparam("read")
)
VERSIONS = (
    select(updates.c.id, updates.c.content_hash, updates.c.recorded_at)
    .join(entries, entries.c.id == updates.c.entry_id)
    .where(entries.c.source == bindparam("source"), entries.c.key == bindparam("key"))
    .order_by(updates.c.id.desc())
    .limit(LOOKED_AT)
)
BROUGHT = select(findings).where(findings.c.update_id == bindparam("update")).order_by(findings.c.position)


def seen(conn: Connection, source: str, keys: Sequence[str]) -> dict[str, Seen]:
    """What is known of each of the entries that is known."""
    wanted = {storable(key): key for key in keys}
    return {wanted[key]: Seen(*row) for key, *row in conn.execute(SEEN, {"source": source, "keys": list(wanted)})}


def read_at(conn: Connection, source: str) -> tuple[Moment | None, Moment | None]:
    """When the source's entries were last looked at one by one, and when it was last good."""
    row = conn.execute(READ_AT, {"source": source}).first()
    return (row.last_read, row.last_good) if row else (None, None)


def twins(conn: Connection, source: str, contents: Sequence[str]) -> dict[str, Moment]:
    """Which of these contents an entry of the source has, by hash, and when such an entry was last seen."""
    return dict(conn.execute(TWINS, {"source": source, "contents": list(contents)}).all())


def missing(conn: Connection, source: str, read: Moment, keys: Collection[str]) -> list[Came]:
    """When the entries that stood in the source at `read` and are not among these first came."""
    present = set(map(storable, keys))
    stood = conn.execute(STOOD, {"source": source, "read": read})
    return [(first, published or 0.0) for key, first, published in stood if key not in present]


def versions(conn: Connection, source: str, key: str) -> list[Version]:
    """The latest versions of an entry, newest first."""
    return [Version(*row) for row in conn.execute(VERSIONS, {"source": source, "key": key})]


def brought(conn: Connection, update: int) -> list[Finding]:
    """The findings of an update."""
    return [finding_from(row) for row in conn.execute(BROUGHT, {"update": update})]
