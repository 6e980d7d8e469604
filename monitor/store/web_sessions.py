"""The sessions of the web UI that were ended by a logout: their cookies are refused until they would have expired."""

from __future__ import annotations

import json

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT compiles for SQLite as well

from monitor.model import Moment
from monitor.store.schema import meta

META_KEY = "ended web sessions"
MAX_ENDED_SESSIONS = 1_000  # the newest are kept
_INSERT = insert(meta)
UPSERT_ENDED = _INSERT.on_conflict_do_update(index_elements=[meta.c.key], set_={"value": _INSERT.excluded.value})


def load_ended_sessions(conn: Connection) -> dict[str, Moment]:
    """Return the ids of ended sessions, each with the moment from which its cookie is refused anyway."""
    value: str | None = conn.scalar(select(meta.c.value).where(meta.c.key == META_KEY))
    ended: dict[str, Moment] = json.loads(value) if value else {}
    return ended


def save_ended_session(conn: Connection, session_id: str, until: Moment, now: Moment) -> None:
    """Store that a session has ended, and forget those that have expired."""
    ended = {id: moment for id, moment in load_ended_sessions(conn).items() if moment > now} | {session_id: until}
    newest = sorted(ended.items(), key=lambda item: item[1])[-MAX_ENDED_SESSIONS:]
    conn.execute(UPSERT_ENDED, {"key": META_KEY, "value": json.dumps(dict(newest))})
