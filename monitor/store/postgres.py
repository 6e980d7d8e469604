"""A store in a PostgreSQL database, for several workers. Needs the extra `postgres`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, exc
from sqlalchemy.engine import make_url

from monitor.errors import StoreError
from monitor.store import migrate
from monitor.store.base import Store
from monitor.store.driver_errors import translate_driver_errors
from monitor.store.locks import LOCK_TIMEOUT_S
from monitor.store.sql import dump_json


class PostgresStore(Store):
    """A connection pool. The locked row of the schema's revision makes writers take turns.

    No advisory lock is used, so it also runs on databases that are compatible with PostgreSQL but lack those.
    """

    is_shared = True

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
            self._upgrade_schema()
        except BaseException:
            self.close()
            raise

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with translate_driver_errors(self.name), self._engine.begin() as conn:
            migrate.lock_revision(conn, self.name)
            yield conn

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with translate_driver_errors(self.name), self._read_engine.connect() as conn:
            yield conn

    @contextmanager
    def hold_daemon(self) -> Iterator[tuple[int, ...]]:
        yield ()

    def backup(self, path: Path) -> None:
        raise StoreError(f"cannot back up {self.name} to {path}: use pg_dump for a PostgreSQL database")

    def close(self) -> None:
        self._engine.dispose()

    def _upgrade_schema(self) -> None:
        for attempt in (1, 2):
            try:
                with translate_driver_errors(self.name), self._engine.begin() as conn:
                    migrate.upgrade_schema(conn, self.name)
            except (exc.IntegrityError, exc.ProgrammingError):  # another process has just created the first tables
                if attempt == 2:
                    raise
            else:
                return


def set_lock_timeout(connection: Any, _entry: object) -> None:
    """Limit the wait for other writers to the time that the SQLite store allows."""
    connection.execute(f"SET lock_timeout = '{LOCK_TIMEOUT_S:.0f}s'")
    connection.commit()
