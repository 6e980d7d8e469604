"""Fixtures that run each test with `store` on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kit.builders import add_sources

from monitor.store.base import Store
from monitor.store.connect import open_store

ON_FILE, IN_MEMORY = (pytest.param(kind, marks=pytest.mark.sqlite) for kind in ("file", "memory"))


@pytest.fixture
def database_path(tmp_path: Path) -> Path:
    return tmp_path / "monitor.db"


@pytest.fixture(params=[IN_MEMORY, "postgres"])
def store_url(request: pytest.FixtureRequest) -> str:
    """Databases for tests of SQL; in memory because that is faster than a file and runs the same SQL."""
    return request.getfixturevalue("empty_postgres_url") if request.param == "postgres" else "sqlite:///:memory:"


@pytest.fixture(params=[ON_FILE, IN_MEMORY, "postgres"])
def any_store_url(request: pytest.FixtureRequest, database_path: Path) -> str:
    """Databases for tests of transactions and locks."""
    if request.param == "postgres":
        return request.getfixturevalue("empty_postgres_url")
    return "sqlite:///:memory:" if request.param == "memory" else f"sqlite:///{database_path}"


@pytest.fixture(params=[ON_FILE, "postgres"])
def shared_store_url(request: pytest.FixtureRequest, database_path: Path) -> str:
    """Databases for tests that open one several times, at once or one after another."""
    if request.param == "postgres":
        return request.getfixturevalue("empty_postgres_url")
    return f"sqlite:///{database_path}"


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An open store with the sources `wire` and `press`."""
    store = open_store(store_url)
    add_sources(store, "wire", "press")
    yield store
    store.close()
