"""Keeps in the store that edited rules were refused, so that whoever looks elsewhere than in the log learns of it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from monitor.model import Moment
from monitor.store.schema import meta

REFUSED_RULES_KEY = "rules refused"
MAX_REFUSAL_PROBLEMS = 20  # problems that are kept


def mark_rules_refused(conn: Connection, problems: Sequence[str], now: Moment) -> None:
    """Notes that the rules as they are on disk cannot be used."""
    mark_rules_accepted(conn)
    conn.execute(
        insert(meta),
        {
            "key": REFUSED_RULES_KEY,
            "value": json.dumps({"at": now, "problems": list(problems[:MAX_REFUSAL_PROBLEMS])}),
        },
    )


def mark_rules_accepted(conn: Connection) -> None:
    """Notes that the rules as they are on disk are those that run."""
    conn.execute(delete(meta).where(meta.c.key == REFUSED_RULES_KEY))


def load_rules_refusal(conn: Connection) -> tuple[Moment | None, tuple[str, ...]]:
    """When the rules on disk were refused and their first problems; (None, ()) if those on disk run."""
    value = conn.scalar(select(meta.c.value).where(meta.c.key == REFUSED_RULES_KEY))
    stored = json.loads(value) if value else {"at": None, "problems": []}
    return stored["at"], tuple(stored["problems"])
