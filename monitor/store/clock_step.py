"""Moments that a clock wrote down before it was set back. Running this again changes nothing more."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, update

from monitor.model import Moment
from monitor.store.outbox import is_open
from monitor.store.schema import messages, sources

UPDATE_POLLED_AHEAD = (
    update(sources)
    .where(sources.c.last_poll > bindparam("_now"))
    .values(next_poll=sources.c.next_poll - sources.c.last_poll + bindparam("_now"), last_poll=bindparam("_now"))
)
UPDATE_OWED_AHEAD = (
    update(messages)
    .where(messages.c.created > bindparam("_now"), messages.c.due > bindparam("_now"))
    .where(is_open(messages.c.state), messages.c.gathers.is_(None))  # a digest is due when the clock says so
    .values(due=bindparam("_now"))
)


def rebase_deadlines(conn: Connection, now: Moment) -> None:
    """Sources that were polled in what is the future now wait for as long as they were to wait; messages owed since
    then are due."""
    conn.execute(UPDATE_POLLED_AHEAD, {"_now": now})
    conn.execute(UPDATE_OWED_AHEAD, {"_now": now})
