"""What a poll looks up about the entries of its source: known entries, their content hashes and versions."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, bindparam, func, select

from monitor.model import Finding, Moment
from monitor.sources.anomalies import FirstSeen, KnownEntry
from monitor.sources.flapping import MAX_COMPARED_VERSIONS, EntryVersion
from monitor.store.rows import finding_from_row
from monitor.store.schema import entries, findings, sources, updates
from monitor.store.sql import storable_text

SELECT_KNOWN_ENTRIES = select(
    entries.c.key, entries.c.content_hash, entries.c.first_seen, entries.c.last_seen, entries.c.published
).where(entries.c.source == bindparam("source"), entries.c.key.in_(bindparam("keys", expanding=True)))
SELECT_SOURCE_READ_AT = select(sources.c.last_read, sources.c.last_good).where(sources.c.name == bindparam("source"))
SELECT_SAME_CONTENT = (
    select(entries.c.content_hash, func.max(entries.c.last_seen))
    .where(entries.c.source == bindparam("source"), entries.c.content_hash.in_(bindparam("contents", expanding=True)))
    .group_by(entries.c.content_hash)
)
SELECT_ENTRIES_AT_LAST_READ = select(entries.c.key, entries.c.first_seen, entries.c.published).where(
    entries.c.source == bindparam("source"), entries.c.last_seen >= bindparam("read")
)
SELECT_VERSIONS = (
    select(updates.c.id, updates.c.content_hash, updates.c.recorded_at)
    .join(entries, entries.c.id == updates.c.entry_id)
    .where(entries.c.source == bindparam("source"), entries.c.key == bindparam("key"))
    .order_by(updates.c.id.desc())
    .limit(MAX_COMPARED_VERSIONS)
)
SELECT_UPDATE_FINDINGS = (
    select(findings).where(findings.c.update_id == bindparam("update")).order_by(findings.c.position)
)


def load_known_entries(conn: Connection, source: str, keys: Sequence[str]) -> dict[str, KnownEntry]:
    """Return the known entries among these keys, by key."""
    key_by_stored = {storable_text(key): key for key in keys}
    return {
        key_by_stored[key]: KnownEntry(*row)
        for key, *row in conn.execute(SELECT_KNOWN_ENTRIES, {"source": source, "keys": list(key_by_stored)})
    }


def last_read_and_good(conn: Connection, source: str) -> tuple[Moment | None, Moment | None]:
    """Return when the source's entries were last compared one by one, and when its last good poll was."""
    row = conn.execute(SELECT_SOURCE_READ_AT, {"source": source}).first()
    return (row.last_read, row.last_good) if row else (None, None)


def same_content(conn: Connection, source: str, contents: Sequence[str]) -> dict[str, Moment]:
    """Return the content hashes that an entry of the source has, each with when such an entry was last seen."""
    return dict(conn.execute(SELECT_SAME_CONTENT, {"source": source, "contents": list(contents)}).all())


def disappeared(conn: Connection, source: str, last_read: Moment, keys: Collection[str]) -> list[FirstSeen]:
    """Return (first seen, published or 0) of the entries in the source at `last_read` that are not among `keys`."""
    present_keys = set(map(storable_text, keys))
    rows = conn.execute(SELECT_ENTRIES_AT_LAST_READ, {"source": source, "read": last_read})
    return [(first_seen, published or 0.0) for key, first_seen, published in rows if key not in present_keys]


def current_keys(conn: Connection, source: str) -> list[str]:
    """Return the keys of the entries that the source contained when its entries were last read."""
    last_read, _ = last_read_and_good(conn, source)
    rows = conn.execute(SELECT_ENTRIES_AT_LAST_READ, {"source": source, "read": last_read}) if last_read else ()
    return [key for key, *_ in rows]


def latest_versions(conn: Connection, source: str, key: str) -> list[EntryVersion]:
    """Return up to MAX_COMPARED_VERSIONS versions of an entry, newest first."""
    return [EntryVersion(*row) for row in conn.execute(SELECT_VERSIONS, {"source": source, "key": key})]


def findings_of_update(conn: Connection, update_id: int) -> list[Finding]:
    return [finding_from_row(row) for row in conn.execute(SELECT_UPDATE_FINDINGS, {"update": update_id})]
