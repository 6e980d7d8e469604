"""The key that signs the answer links in messages: with another key, every link sent before is refused."""

from __future__ import annotations

from sqlalchemy import Connection

from monitor.store.base import Store
from monitor.store.secret_keys import ensure_secret_key, load_secret_key

META_KEY = "answer key"


def load_answer_key(conn: Connection) -> bytes | None:
    """Return the key; None if no daemon has run on this database."""
    return load_secret_key(conn, META_KEY)


def ensure_answer_key(store: Store) -> bytes:
    """Return the key, and create it first if there is none."""
    return ensure_secret_key(store, META_KEY)
