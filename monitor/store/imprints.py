"""The imprints of feeds, one for each source: by what their items are recognised when they have changed."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT compiles for SQLite as well

from monitor.model import Entry
from monitor.sources.identity import content_hash
from monitor.sources.imprint import Imprint
from monitor.store.schema import imprints

OF_SOURCE = select(imprints.c.frame, imprints.c.ttl, imprints.c.entries).where(
    imprints.c.source == bindparam("source")
)
_KEEP = insert(imprints)
KEEP = _KEEP.on_conflict_do_update(
    index_elements=[imprints.c.source],
    set_={name: _KEEP.excluded[name] for name in ("frame", "ttl", "entries")},
)
FORGET = delete(imprints).where(imprints.c.source == bindparam("_source"))


def of_source(conn: Connection, source: str) -> Imprint | None:
    """The source's imprint. Its entries have a key, a date and the hash of what they say, and no more."""
    row = conn.execute(OF_SOURCE, {"source": source}).first()
    if row is None:
        return None
    known = {
        mark: Entry(key, "", "", "", published=published, known=content) for mark, key, published, content in row[2]
    }
    return Imprint(row[0], row[1], known)


def keep(conn: Connection, source: str, imprint: Imprint, taken: Collection[str]) -> None:
    """Keeps of an imprint what was taken into the store, by key."""
    entries = [
        [mark, entry.key, entry.published, content_hash(entry)]
        for mark, entry in imprint.entries.items()
        if entry.key in taken
    ]
    conn.execute(KEEP, {"source": source, "frame": imprint.frame, "ttl": imprint.ttl, "entries": entries})


def forget(conn: Connection, source: str) -> None:
    """Everything in the source is read anew the next time."""
    conn.execute(FORGET, {"_source": source})
