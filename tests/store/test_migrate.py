from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

import monitor.store
from monitor.errors import StoreError
from monitor.store import inverted_index
from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.store.migrate import REVISIONS, VERSION_TABLE
from monitor.store.schema import metadata

MIGRATIONS = Path(monitor.store.__file__).parent / "migrations"


def test_the_migrations_create_the_schema_of_the_code(store: Store) -> None:
    with store.read() as conn, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        context = MigrationContext.configure(conn, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []


def test_the_revisions_in_the_code_match_the_migration_files() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)

    assert [revision.revision for revision in script.walk_revisions()][::-1] == list(REVISIONS)


def test_a_database_of_a_newer_version_is_rejected(database_path: Path, empty_postgres_url: str) -> None:
    for url in (f"sqlite:///{database_path}", empty_postgres_url):
        store = open_store(url)
        with store.write() as conn:
            conn.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
        store.close()

        with pytest.raises(StoreError, match="made by a newer version of this program") as caught:
            open_store(url)
        assert "\n" not in str(caught.value)


def test_an_interrupted_migration_is_rolled_back(database_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("alembic.operations.Operations.create_index", fail)
        with pytest.raises(KeyboardInterrupt):
            open_store(f"sqlite:///{database_path}")

    open_store(f"sqlite:///{database_path}").close()


def test_an_index_with_a_row_per_posting_is_migrated_to_lists(database_path: Path) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    engine = create_engine(f"sqlite:///{database_path}")
    with engine.begin() as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, "0010")
        for term, claim in ((5, 1), (5, 9), (-7, 1)):
            conn.execute(text(f"INSERT INTO postings (term, claim_id) VALUES ({term}, {claim})"))
        conn.execute(text("INSERT INTO terms (term, claims) VALUES (5, 2), (-7, 1)"))
    engine.dispose()

    store = open_store(f"sqlite:///{database_path}")
    with store.read() as conn:
        assert inverted_index.document_frequencies(conn, inverted_index.CLAIM_INDEX, [5, -7, 8]) == {5: 2, -7: 1}
        assert inverted_index.find_postings(conn, inverted_index.CLAIM_INDEX, {5: 2, -7: 1}, 10) == {
            5: [1, 9],
            -7: [1],
        }
    store.close()
