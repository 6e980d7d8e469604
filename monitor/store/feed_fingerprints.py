"""Feed fingerprints, one for each source, by which the unchanged items of a changed feed are recognized."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT compiles for SQLite as well

from monitor.model import Entry
from monitor.sources.parse.feed_items import FeedFingerprint
from monitor.sources.parse.identity import content_hash
from monitor.store.schema import imprints
from monitor.store.sql import execute_many

SELECT_FINGERPRINT = select(imprints.c.frame, imprints.c.ttl, imprints.c.entries).where(
    imprints.c.source == bindparam("source")
)
_INSERT_FINGERPRINT = insert(imprints)
UPSERT_FINGERPRINT = _INSERT_FINGERPRINT.on_conflict_do_update(
    index_elements=[imprints.c.source],
    set_={name: _INSERT_FINGERPRINT.excluded[name] for name in ("frame", "ttl", "entries")},
)
DELETE_FINGERPRINT = delete(imprints).where(imprints.c.source == bindparam("_source"))


def load_fingerprint(conn: Connection, source: str) -> FeedFingerprint | None:
    """Return the source's fingerprint; its entries have only a key, a date and a content hash."""
    row = conn.execute(SELECT_FINGERPRINT, {"source": source}).first()
    if row is None:
        return None
    entries_by_hash = {
        item_hash: Entry(key, "", "", "", published=published, known_hash=content)
        for item_hash, key, published, content in row[2]
    }
    return FeedFingerprint(row[0], row[1], entries_by_hash)


def save_fingerprints(conn: Connection, fingerprints: Iterable[tuple[str, FeedFingerprint, Collection[str]]]) -> None:
    """Store the fingerprints of sources, of each only those items whose entries are among its stored keys."""
    rows = [
        {
            "source": source,
            "frame": fingerprint.skeleton_hash,
            "ttl": fingerprint.ttl,
            "entries": [
                [item_hash, entry.key, entry.published, content_hash(entry)]
                for item_hash, entry in fingerprint.entries_by_hash.items()
                if entry.key in stored_keys
            ],
        }
        for source, fingerprint, stored_keys in fingerprints
    ]
    execute_many(conn, UPSERT_FINGERPRINT, rows)


def delete_fingerprint(conn: Connection, source: str) -> None:
    """Make the next poll read every item of the source."""
    conn.execute(DELETE_FINGERPRINT, {"_source": source})
