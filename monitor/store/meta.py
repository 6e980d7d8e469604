"""JSON objects in the table `meta`, by key."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT compiles for SQLite as well

from monitor.store.schema import meta

_INSERT = insert(meta)
UPSERT_META = _INSERT.on_conflict_do_update(index_elements=[meta.c.key], set_={"value": _INSERT.excluded.value})


def load_meta(conn: Connection, key: str) -> dict[str, Any]:
    """Return an object; empty if it was never written."""
    value = conn.scalar(select(meta.c.value).where(meta.c.key == key))
    parsed: dict[str, Any] = json.loads(value) if value else {}
    return parsed


def save_meta(conn: Connection, key: str, value: Mapping[str, object]) -> None:
    """Insert or replace an object."""
    conn.execute(UPSERT_META, {"key": key, "value": json.dumps(value)})


def delete_meta(conn: Connection, keys: Collection[str]) -> None:
    conn.execute(delete(meta).where(meta.c.key.in_(keys)))
