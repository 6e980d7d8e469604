"""A store in a PostgreSQL database, for several workers. Needs the extra `postgres`."""

from __future__ import annotations

import os
import shlex
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, exc, func, select
from sqlalchemy.engine import make_url

from monitor.errors import StoreError
from monitor.store import migrate
from monitor.store.base import NoteProgress, Store, Upgrade, no_progress
from monitor.store.driver_errors import describe_driver_error, translate_driver_errors
from monitor.store.locks import LOCK_TIMEOUT_S
from monitor.store.pools import RenewablePool
from monitor.store.sql import dump_json

NOTICE_CHANNEL = "claimwatch"
NO_NOTICES = (exc.NotSupportedError, exc.ProgrammingError)  # of engines without LISTEN and pg_notify
LISTEN_TIMEOUT_S = 0.5  # between two checks of whether to end


class PostgresStore(Store):
    """A connection pool. The locked row of the schema's revision makes writers take turns.

    What it needs of a database is listed in docs/scaling.md. Advisory locks are not used, and without notices the
    ticks of the daemon find everything.
    """

    is_shared = True

    def __init__(self, url: str) -> None:
        database_url = make_url(url).set(drivername="postgresql+psycopg")
        self.name = database_url.database or "postgres"
        try:
            self._engine = create_engine(
                database_url,
                json_serializer=dump_json,
                isolation_level="READ COMMITTED",  # whatever the default of the server is
                pool_pre_ping=True,
                connect_args={"application_name": f"claimwatch pid {os.getpid()}", "connect_timeout": 10},
            )
        except ModuleNotFoundError as error:
            raise StoreError("PostgreSQL support is not installed: pip install 'claimwatch[postgres]'") from error
        event.listen(self._engine, "connect", set_lock_timeout)
        event.listen(self._engine, "connect", prefer_indexes)
        self._pool = RenewablePool(self._engine)
        self._read_engine = self._engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with self.write_any_schema() as conn:
            migrate.lock_revision(conn, self.name)
            yield conn

    @contextmanager
    def write_any_schema(self) -> Iterator[Connection]:
        with translate_driver_errors(self.name), self._engine.begin() as conn:
            yield conn

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with translate_driver_errors(self.name), self._read_engine.connect() as conn:
            yield conn

    def check_schema(self, *, create: bool) -> None:
        with self.read() as conn:
            revision = migrate.current_revision(conn, self.name)
        migrate.check_revision(revision, self.name, create=create)
        if revision is None:
            self.upgrade()

    def upgrade(self, note_progress: NoteProgress = no_progress) -> Upgrade | None:
        try:
            return self._upgrade_once(note_progress)
        except (exc.IntegrityError, exc.ProgrammingError):  # another process has just created the first tables
            return self._upgrade_once(note_progress)

    def _upgrade_once(self, note_progress: NoteProgress) -> Upgrade | None:
        with self.write_any_schema() as conn:
            revision = migrate.current_revision(conn, self.name, lock=True)
            migrate.check_known(revision, self.name)
            if revision != migrate.REVISIONS[-1]:
                migrate.run_migrations(conn, note_progress)
        is_older = revision is not None and revision != migrate.REVISIONS[-1]
        return Upgrade(str(revision), migrate.REVISIONS[-1], None) if is_older else None

    @contextmanager
    def hold_daemon(self) -> Iterator[tuple[int, ...]]:
        yield ()

    def daemon_pid(self) -> int | None:
        return None

    def check_location(self) -> None:
        """Do nothing: the server knows where its files are."""

    def notify(self, notice: str) -> None:
        with translate_driver_errors(self.name), suppress(*NO_NOTICES), self._autocommit() as conn:
            conn.execute(select(func.pg_notify(NOTICE_CHANNEL, notice)))

    def listen(self, receive: Callable[[str], None], ended: threading.Event) -> None:
        with translate_driver_errors(self.name), suppress(*NO_NOTICES), self._autocommit() as conn:
            driver_connection: Any = conn.connection.driver_connection
            conn.detach()  # so that it is closed, not returned to a pool that may have been disposed of
            conn.exec_driver_sql(f"LISTEN {NOTICE_CHANNEL}")
            while not ended.is_set():
                try:
                    for notice in driver_connection.notifies(timeout=LISTEN_TIMEOUT_S):
                        receive(notice.payload)
                except driver_connection.OperationalError as error:
                    conn.invalidate()
                    raise StoreError(f"database {self.name}: {describe_driver_error(error)}") from error
            conn.exec_driver_sql("UNLISTEN *")

    def _autocommit(self) -> Connection:
        return self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")

    def backup(self, path: Path, note_progress: NoteProgress = no_progress) -> None:
        raise StoreError(f"cannot back up a PostgreSQL database here: use `{self._dump_command(path)}`")

    def _dump_command(self, path: Path) -> str:
        """Return the command that backs up the database, without the password."""
        url = self._engine.url
        host = url.host or url.query.get("host")
        options = {"file": path, "host": host, "port": url.port, "username": url.username}
        words = [f"--{name}={value}" for name, value in options.items() if value]
        return shlex.join(["pg_dump", "--format=custom", *words, self.name])

    def release_memory(self) -> None:
        self._pool.renew()

    def close(self) -> None:
        self._pool.close()


def set_lock_timeout(connection: Any, _entry: object) -> None:
    """Limit the wait for other writers to the time that the SQLite store allows."""
    connection.execute(f"SET lock_timeout = '{LOCK_TIMEOUT_S:.0f}s'")
    connection.commit()


def prefer_indexes(connection: Any, _entry: object) -> None:
    """Keep the planner from reading whole tables: every query on a large one has an index.

    The tables grow faster than their statistics, so that it would expect most rows of the index of claims to match.
    Compatible engines that do not know the setting need none.
    """
    try:
        connection.execute("SET enable_seqscan = off")
        connection.commit()
    except connection.Error:  # SQLSTATE says why, and nothing depends on it
        connection.rollback()
