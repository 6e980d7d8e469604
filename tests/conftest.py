"""Fixtures and markers of every test, and a temporary PostgreSQL server."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

# The machine that runs the tests may be busy: an example that takes long is no failure.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

SLOW_FOLDERS = {"daemon", "packaging"}  # the whole program, in real time


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests of the whole program and tests on PostgreSQL as slow, and tests that can run on either store.

    Other slow tests carry the marker. With MONITOR_TEST_STORE=postgres, tests of SQLite are deselected.
    """
    from kit.databases import ON_POSTGRES

    for item in items:
        is_on_postgres = "postgres" in item.name or "postgres_server_url" in getattr(item, "fixturenames", ())
        if item.path.parent.name in SLOW_FOLDERS or is_on_postgres:
            item.add_marker(pytest.mark.slow)
        if not is_on_postgres and not item.get_closest_marker("sqlite") and uses_databases(item):
            item.add_marker(pytest.mark.either_store)
    if ON_POSTGRES:
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("sqlite")])
        items[:] = [item for item in items if not item.get_closest_marker("sqlite")]


def uses_databases(item: pytest.Item) -> bool:
    """Whether the module of a test, or that of one of its fixtures, uses `kit.databases`."""
    fixtures: dict[str, Any] = item._fixtureinfo.name2fixturedefs
    modules = {definition.func.__module__ for definitions in fixtures.values() for definition in definitions}
    return any(map(reaches_databases, modules | {item.module.__name__}))


@cache
def reaches_databases(module: str) -> bool:
    """Whether a module imports something from `kit.databases`, itself or by another module of the kit."""
    origins = {str(getattr(value, "__module__", "")) for value in vars(sys.modules[module]).values()}
    return "kit.databases" in origins or any(
        reaches_databases(origin) for origin in origins if origin.startswith("kit.") and origin != module
    )


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


@pytest.fixture(autouse=True)
def drop_test_databases() -> Iterator[None]:
    """Drop the databases that a test has created. Those of fixtures with a larger scope stay."""
    from kit import databases

    first = len(databases.created_databases)
    yield
    databases.drop_databases(first)


@pytest.fixture(scope="session")
def postgres_server_url() -> str:
    """The URL of a temporary PostgreSQL server on a Unix socket, with one database at the newest schema."""
    from kit.databases import started_server_url

    return started_server_url()


def pytest_sessionfinish() -> None:
    from kit.databases import stop_server

    stop_server()


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
