"""The key that signs the answer links in messages: random, created once, and kept with the alerts that it is for.

Anyone who can read the database can sign links. To replace the key, delete its row of `meta` while no daemon runs:
from then on every link sent before is refused.
"""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, insert, select

from monitor.store.base import Store
from monitor.store.schema import meta

META_KEY = "answer key"
KEY_BYTES = 32


def load_answer_key(conn: Connection) -> bytes | None:
    """Return the key; None if no daemon has run on this database."""
    value: str | None = conn.scalar(select(meta.c.value).where(meta.c.key == META_KEY))
    return value.encode() if value else None


def ensure_answer_key(store: Store) -> bytes:
    """Return the key, and create it first if there is none."""
    with store.write() as conn:
        if key := load_answer_key(conn):
            return key
        value = secrets.token_hex(KEY_BYTES)
        conn.execute(insert(meta), {"key": META_KEY, "value": value})
        return value.encode()
