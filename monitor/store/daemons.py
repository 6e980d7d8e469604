"""What each running daemon last stored about itself, as proof that it can write and for `monitor status`.

A row is one object in `meta`; `at` is by the clock of the database.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from monitor import __version__
from monitor.model import Moment
from monitor.store.meta import delete_meta, save_meta
from monitor.store.schema import meta
from monitor.store.workers import database_time

KEY_PREFIX = "daemon "
PADDING_KEY = "padding"
PADDING = "0" * 16_384  # needs pages that a full disk does not have, while the row alone would fit into an old one


@dataclass(frozen=True, slots=True)
class DaemonRow:
    """A running daemon. `checks` has `status`, `since` and `reason` by check; `every` is the seconds between rows."""

    worker: str
    pid: int
    host: str
    version: str
    config: str
    started: Moment
    at: Moment
    every: float
    checks: dict[str, dict[str, Any]]


def save_daemon(
    conn: Connection, worker: str, *, config: str, started: Moment, every: float, checks: dict[str, dict[str, Any]]
) -> Moment:
    """Store that a daemon of this process works. Return the time that was stored."""
    now = database_time(conn)
    row = DaemonRow(worker, os.getpid(), socket.gethostname(), __version__, config, started, now, every, checks)
    save_meta(conn, KEY_PREFIX + worker, asdict(row))
    if conn.dialect.name == "sqlite":
        conn.execute(insert(meta), {"key": PADDING_KEY, "value": PADDING})
        delete_meta(conn, [PADDING_KEY])
    return now


def load_daemons(conn: Connection) -> list[DaemonRow]:
    """Return the daemons by worker, also those that have died."""
    rows = conn.execute(select(meta.c.value).where(meta.c.key.startswith(KEY_PREFIX)).order_by(meta.c.key))
    return [DaemonRow(**json.loads(value)) for (value,) in rows]


def remove_daemons(conn: Connection, ids: Collection[str]) -> None:
    """Remove the rows of daemons that have ended."""
    delete_meta(conn, [KEY_PREFIX + id for id in ids])


def remove_silent_daemons(conn: Connection, *, silent_s: float) -> None:
    """Remove the rows of daemons that have stored nothing for `silent_s` seconds."""
    now = database_time(conn)
    remove_daemons(conn, [daemon.worker for daemon in load_daemons(conn) if now - daemon.at >= silent_s])
