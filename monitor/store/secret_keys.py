"""The secret keys of a store: random, created once, and kept in the database that they are for.

Anyone who can read the database has them. To replace a key, delete its row of `meta` while no daemon runs.
"""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, insert, select

from monitor.store.base import Store
from monitor.store.schema import meta

KEY_BYTES = 32
WEB_KEY = "web key"  # signs the sessions and forms of the web UI
ANSWER_KEY = "answer key"  # signs the answer links in messages: with another key, every link sent before is refused


def load_secret_key(conn: Connection, name: str) -> bytes | None:
    """Return the key; None if no daemon has run on this database."""
    value: str | None = conn.scalar(select(meta.c.value).where(meta.c.key == name))
    return value.encode() if value else None


def ensure_secret_key(store: Store, name: str) -> bytes:
    """Return the key, and create it first if there is none."""
    with store.write() as conn:
        if key := load_secret_key(conn, name):
            return key
        value = secrets.token_hex(KEY_BYTES)
        conn.execute(insert(meta), {"key": name, "value": value})
        return value.encode()
