"""Sources that a user paused: they keep their state, and are not polled until they are resumed."""

from __future__ import annotations

from sqlalchemy import Connection, case, update

from monitor.model import Moment
from monitor.store.schema import sources


def pause_source(conn: Connection, name: str, now: Moment) -> None:
    """Poll the source no more until it is resumed. The result of a poll that is under way is stored."""
    conn.execute(update(sources).where(sources.c.name == name, sources.c.paused_at.is_(None)).values(paused_at=now))


def resume_source(conn: Connection, name: str, now: Moment) -> None:
    """End the pause of a source, also one that began because the source is gone, and make it due now."""
    has_paused_itself = sources.c.state == "paused"
    failures = case((has_paused_itself, 0), else_=sources.c.failures)
    resumed = update(sources).where(sources.c.name == name)
    conn.execute(resumed.values(paused_at=None, next_poll=now, failures=failures))
