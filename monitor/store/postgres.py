"""A store in a PostgreSQL database, for several workers. Needs the extra `postgres`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, exc, text
from sqlalchemy.engine import make_url

from monitor.errors import StoreBusy, StoreError
from monitor.store import migrate
from monitor.store.base import Store
from monitor.store.driver_errors import translate_driver_errors
from monitor.store.locks import LOCK_TIMEOUT_S
from monitor.store.sql import dump_json

WRITE_KEY, DAEMON_KEY = 0x636C61696D01, 0x636C61696D02  # keys of advisory locks, unique to this program

SELECT_OTHER_DAEMON = text(
    "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
    " WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1"
    " AND (l.classid::bigint << 32) | l.objid::bigint = :key"
    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


class PostgresStore(Store):
    """A connection pool; an advisory lock held for the transaction makes writers take turns."""

    def __init__(self, url: str) -> None:
        database_url = make_url(url).set(drivername="postgresql+psycopg")
        self.name = database_url.database or "postgres"
        try:
            self._engine = create_engine(
                database_url,
                json_serializer=dump_json,
                pool_pre_ping=True,
                connect_args={"application_name": f"claimwatch pid {os.getpid()}", "connect_timeout": 10},
            )
        except ModuleNotFoundError as error:
            raise StoreError("PostgreSQL support is not installed: pip install 'claimwatch[postgres]'") from error
        event.listen(self._engine, "connect", set_lock_timeout)
        self._read_engine = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        try:
            with self.write() as conn:
                migrate.upgrade_schema(conn, self.name)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with translate_driver_errors(self.name), self._engine.begin() as conn:
            conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": WRITE_KEY})
            yield conn

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with translate_driver_errors(self.name), self._read_engine.connect() as conn:
            yield conn

    @contextmanager
    def hold_daemon(self) -> Iterator[None]:
        with translate_driver_errors(self.name), self._engine.connect() as conn:
            if not conn.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": DAEMON_KEY}):
                owner = conn.scalar(SELECT_OTHER_DAEMON, {"key": DAEMON_KEY}) or "pid unknown"
                raise StoreBusy(f"another daemon is running on {self.name} ({owner.removeprefix('claimwatch ')})")
            conn.commit()
            try:
                yield
            finally:
                release_daemon_lock(conn)

    def backup(self, path: Path) -> None:
        raise StoreError(f"cannot back up {self.name} to {path}: use pg_dump for a PostgreSQL database")

    def close(self) -> None:
        self._engine.dispose()


def set_lock_timeout(connection: Any, _entry: object) -> None:
    """Limit the wait for other writers to the time that the SQLite store allows."""
    connection.execute(f"SET lock_timeout = '{LOCK_TIMEOUT_S:.0f}s'")
    connection.commit()


def release_daemon_lock(conn: Connection) -> None:
    """Release the daemon lock; a broken connection has released it already."""
    try:
        conn.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": DAEMON_KEY})
        conn.commit()
    except exc.DBAPIError:
        conn.invalidate()
