"""Keeps in the store that edited rules were refused, so that whoever looks elsewhere than in the log learns of it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from monitor.model import Moment
from monitor.store.schema import meta

KEY = "rules refused"
MOST = 20  # problems that are kept


def refuse(conn: Connection, problems: Sequence[str], now: Moment) -> None:
    """Notes that the rules as they are on disk cannot be used."""
    accept(conn)
    conn.execute(insert(meta), {"key": KEY, "value": json.dumps({"at": now, "problems": list(problems[:MOST])})})


def accept(conn: Connection) -> None:
    """Notes that the rules as they are on disk are those that run."""
    conn.execute(delete(meta).where(meta.c.key == KEY))


def refusal(conn: Connection) -> tuple[Moment | None, tuple[str, ...]]:
    """When the rules on disk were refused and their first problems; (None, ()) if those on disk run."""
    value = conn.scalar(select(meta.c.value).where(meta.c.key == KEY))
    noted = json.loads(value) if value else {"at": None, "problems": []}
    return noted["at"], tuple(noted["problems"])
