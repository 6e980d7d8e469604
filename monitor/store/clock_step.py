"""Repairs stored deadlines after the clock was set back. Idempotent."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, update

from monitor.model import Moment
from monitor.store.absences import UPDATE_SINCE_AHEAD
from monitor.store.counts import UPDATE_COUNTED_AHEAD
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
    .where(is_open(messages.c.state), messages.c.gathers.is_(None))  # a digest is due at a time of day
    .values(due=bindparam("_now"))
)


def rebase_deadlines(conn: Connection, now: Moment) -> None:
    """Move deadlines that were written when the clock was ahead back to `now`.

    A source polled in the future keeps its remaining wait, counted from `now`; a message created in the future is due
    at once. Counted matches of the future keep their distances, the last one was seen now.
    """
    conn.execute(UPDATE_POLLED_AHEAD, {"_now": now})
    conn.execute(UPDATE_OWED_AHEAD, {"_now": now})
    conn.execute(UPDATE_COUNTED_AHEAD, {"_now": now})
    conn.execute(UPDATE_SINCE_AHEAD, {"_now": now})
