"""The sessions of the web UI that were ended by a logout: their cookies are refused until they would have expired."""

from __future__ import annotations

from sqlalchemy import Connection

from monitor.model import Moment
from monitor.store.meta import load_meta, save_meta

META_KEY = "ended web sessions"
MAX_ENDED_SESSIONS = 1_000  # the newest are kept


def load_ended_sessions(conn: Connection) -> dict[str, Moment]:
    """Return the ids of ended sessions, each with the moment from which its cookie is refused anyway."""
    return load_meta(conn, META_KEY)


def save_ended_session(conn: Connection, session_id: str, until: Moment, now: Moment) -> None:
    """Store that a session has ended, and forget those that have expired."""
    ended = {id: moment for id, moment in load_ended_sessions(conn).items() if moment > now} | {session_id: until}
    newest = sorted(ended.items(), key=lambda item: item[1])[-MAX_ENDED_SESSIONS:]
    save_meta(conn, META_KEY, dict(newest))
