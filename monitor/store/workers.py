"""The workers that share the store: which have shown that they are alive, and the leases of those that have not.

A worker that says nothing for a while is dead. What it was doing is left to the others by `release_leases`.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT compiles for SQLite as well

from monitor import __version__
from monitor.model import Moment
from monitor.store.outbox import is_open
from monitor.store.schema import messages, sources, workers

_INSERT_WORKER = insert(workers)
UPSERT_WORKER = _INSERT_WORKER.on_conflict_do_update(
    index_elements=[workers.c.id],
    set_={name: _INSERT_WORKER.excluded[name] for name in ("pid", "host", "version", "beat")},
)


@dataclass(frozen=True, slots=True)
class StoredWorker:
    """A worker as the others see it.

    `beat` is when it last showed that it is alive, `rules` the digest of its rules.
    """

    id: str
    pid: int
    host: str
    version: str
    rules: str
    started: Moment
    beat: Moment


def database_time(conn: Connection) -> Moment:
    """Return the time by the one clock that all workers of the store share."""
    if conn.dialect.name == "postgresql":
        return float(conn.execute(select(func.extract("epoch", func.clock_timestamp()))).scalar_one())
    return time.time()


def save_beat(conn: Connection, id: str, rules: str) -> Moment:
    """Store that a worker of this process is alive. Return the time that was stored.

    `rules` is only stored for a worker that is not known yet.
    """
    now = database_time(conn)
    row = {"pid": os.getpid(), "host": socket.gethostname(), "version": __version__, "rules": rules, "beat": now}
    conn.execute(UPSERT_WORKER, {"id": id, "started": now, **row})
    return now


def save_rules_digest(conn: Connection, id: str, rules: str) -> None:
    """Store which rules a worker uses from now on."""
    conn.execute(update(workers).where(workers.c.id == id).values(rules=rules))


def load_workers(conn: Connection) -> list[StoredWorker]:
    """Return the workers by id, also those that have died unnoticed."""
    return [StoredWorker(*row) for row in conn.execute(select(workers).order_by(workers.c.id))]


def load_living(conn: Connection, dead_after_s: float) -> list[StoredWorker]:
    """Return the workers with a beat in the last `dead_after_s` seconds."""
    now = database_time(conn)
    return [worker for worker in load_workers(conn) if now - worker.beat < dead_after_s]


def remove_workers(conn: Connection, ids: Collection[str]) -> None:
    """Remove workers that have ended, and release their leases."""
    if ids:
        conn.execute(delete(workers).where(workers.c.id.in_(ids)))
        release_leases(conn, ids)


def release_leases(conn: Connection, held_by: Collection[str]) -> None:
    """Release the leases of these workers."""
    conn.execute(
        update(sources)
        .where(sources.c.leased_until.is_not(None), sources.c.leased_by.in_(held_by))
        .values(leased_until=None)
    )
    conn.execute(
        update(messages).where(is_open(messages.c.state), messages.c.leased_by.in_(held_by)).values(leased_until=None)
    )


def remove_silent_workers(conn: Connection, *, silent_s: float) -> None:
    """Remove the workers that were silent for `silent_s` seconds, and release the leases that no other holds."""
    now = database_time(conn)
    conn.execute(delete(workers).where(workers.c.beat <= now - silent_s))
    living = select(workers.c.id)
    for table, is_candidate in ((sources, true()), (messages, is_open(messages.c.state))):
        is_dead = or_(table.c.leased_by.is_(None), table.c.leased_by.not_in(living))
        is_leased = table.c.leased_until.is_not(None)
        conn.execute(update(table).where(is_candidate, is_leased, is_dead).values(leased_until=None))
