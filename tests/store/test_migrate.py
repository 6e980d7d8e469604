from __future__ import annotations

import json
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from kit.builders import add_sources, example_alert, matching_numbers
from kit.migrations import MIGRATIONS, migrate_to
from sqlalchemy import Engine, create_engine, make_url, text

from monitor.cli.app import run_command_line
from monitor.config_file.load import read_config
from monitor.errors import StoreBusy, StoreError, StoreOutdated
from monitor.runtime import open_runtime
from monitor.serialize import alert_to_json
from monitor.store import inverted_index, sources
from monitor.store.base import Store, Upgrade
from monitor.store.connect import open_any_schema, open_store
from monitor.store.migrate import REVISIONS, VERSION_TABLE
from monitor.store.schema import metadata

IN_NO_TABLE = ("alert_words", "ix_alert_texts_words")  # the indexes of full-text search, which only one database has


def test_the_migrations_create_the_schema_of_the_code(store: Store) -> None:
    with store.read() as conn, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        options = {"version_table": VERSION_TABLE, "include_name": is_in_metadata}
        context = MigrationContext.configure(conn, opts=options)
        assert compare_metadata(context, metadata) == []


def is_in_metadata(name: str | None, kind: str, _parents: object) -> bool:
    return kind == "schema" or not str(name).startswith(IN_NO_TABLE)


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

        for attempt in (open_store, upgrade):
            with pytest.raises(StoreError, match="made by a newer version of this program") as caught:
                attempt(url)
            assert "\n" not in str(caught.value)


def upgrade(url: str) -> Upgrade | None:
    store = open_any_schema(url)
    try:
        return store.upgrade()
    finally:
        store.close()


@pytest.fixture(params=[pytest.param("file", marks=pytest.mark.sqlite), "postgres"])
def old_url(request: pytest.FixtureRequest, database_path: Path) -> Iterator[str]:
    """The URL of a database at schema 12, with a row in `meta`."""
    url = f"sqlite:///{database_path}" if request.param == "file" else request.getfixturevalue("new_postgres_url")
    migrate_to(url, "0012")
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as conn:
        conn.execute(text("INSERT INTO meta VALUES ('k', 'kept')"))
    engine.dispose()
    yield url


@pytest.fixture
def new_postgres_url(postgres_server_url: str, postgres_engine: Engine) -> Iterator[str]:
    """The URL of a PostgreSQL database without tables."""
    autocommit = postgres_engine.execution_options(isolation_level="AUTOCOMMIT")
    with autocommit.connect() as conn:
        conn.execute(text("CREATE DATABASE old"))
    yield make_url(postgres_server_url).set(database="old").render_as_string(hide_password=False)
    with autocommit.connect() as conn:
        conn.execute(text("DROP DATABASE old"))


def test_an_older_database_is_only_changed_by_an_upgrade(old_url: str, database_path: Path) -> None:
    name = make_url(old_url).database if old_url.startswith("postgres") else "monitor.db"
    newest = int(REVISIONS[-1])
    for create in (True, False):
        with pytest.raises(StoreError) as caught:
            open_store(old_url, create=create)
        assert str(caught.value) == (
            f"the database {name} has schema 12, this version needs {newest}; run `monitor migrate`"
            " (or start `monitor run`)"
        )

    upgraded = upgrade(old_url)

    assert upgraded is not None
    assert (upgraded.before, upgraded.after) == ("0012", REVISIONS[-1])
    assert upgrade(old_url) is None
    store = open_store(old_url, create=False)
    with store.read() as conn:
        assert conn.execute(text("SELECT value FROM meta WHERE key = 'k'")).scalar() == "kept"
    store.close()


def test_a_sqlite_database_is_copied_before_an_upgrade(database_path: Path) -> None:
    url = f"sqlite:///{database_path}"
    for number in ("", "-2"):
        database_path.unlink(missing_ok=True)
        migrate_to(url, "0012")

        upgraded = upgrade(url)

        copy = database_path.with_name(f"monitor.db.before-{REVISIONS[-1]}{number}")
        assert upgraded is not None
        assert upgraded.copy == copy
        with closing(sqlite3.connect(copy)) as connection:
            assert connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchall() == [("0012",)]
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_new_database_is_not_copied(database_path: Path) -> None:
    assert upgrade(f"sqlite:///{database_path}") is None
    open_store(f"sqlite:///{database_path}", create=False).close()
    assert list(database_path.parent.glob("*before*")) == []


def test_an_upgrade_without_room_for_the_copy_changes_nothing(
    database_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{database_path}"
    migrate_to(url, "0012")
    with monkeypatch.context() as patch:
        patch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=4096))
        with pytest.raises(StoreError, match=r"cannot upgrade the database monitor\.db: the copy .* 0 MB free"):
            upgrade(url)

    assert list(database_path.parent.glob("*before*")) == []
    with closing(sqlite3.connect(database_path)) as connection:
        assert connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchall() == [("0012",)]


def test_a_failed_upgrade_leaves_the_old_schema_and_no_copy(
    database_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    url = f"sqlite:///{database_path}"
    migrate_to(url, "0012")
    with monkeypatch.context() as patch:
        patch.setattr("alembic.operations.Operations.create_index", fail)
        with pytest.raises(KeyboardInterrupt):
            upgrade(url)

    assert list(database_path.parent.glob("*before*")) == []
    assert upgrade(url) is not None


def test_commands_that_look_leave_an_older_database_alone_and_migrate_upgrades_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    migrate_to("sqlite:///monitor.db", "0012")
    (tmp_path / "rules").mkdir()
    (tmp_path / "config.toml").write_text('[[sources]]\nname = "wire"\nurl = "https://wire.example/feed"\n')
    looking = (
        ["status"],
        ["alerts"],
        ["sources"],
        ["deliveries"],
        ["explain", "1"],
        ["search", "a"],
        ["backup", "b"],
    )
    for arguments in (*looking, ["sources", "poll", "wire"]):
        assert run_command_line(arguments) == 2
        assert "has schema 12" in capsys.readouterr().err

    assert run_command_line(["migrate"]) == 0
    out = capsys.readouterr().out
    assert f"upgraded monitor.db from schema 12 to {int(REVISIONS[-1])}\n" in out
    assert f"monitor.db.before-{REVISIONS[-1]}\n" in out
    assert run_command_line(["migrate"]) == 0
    assert capsys.readouterr().out == f"monitor.db has schema {int(REVISIONS[-1])}, the newest\n"
    assert run_command_line(["status"]) == 0


async def test_a_daemon_upgrades_its_store_unless_another_one_runs(database_path: Path) -> None:
    url = f"sqlite:///{database_path}"
    migrate_to(url, "0012")
    (database_path.parent / "rules").mkdir()
    (database_path.parent / "config.toml").write_text("")
    config = read_config(database_path.parent / "config.toml", env={})
    other = open_any_schema(url)
    with other.hold_daemon(), pytest.raises(StoreBusy):
        async with open_runtime(config):
            pass
    other.close()
    with pytest.raises(StoreError, match="has schema 12"):
        open_store(url)

    async with open_runtime(config):
        pass

    open_store(url).close()


def test_an_open_sqlite_store_refuses_to_write_after_an_upgrade(database_path: Path) -> None:
    store = open_store(f"sqlite:///{database_path}")
    with closing(sqlite3.connect(database_path)) as connection:
        connection.execute(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
        connection.commit()

    with pytest.raises(StoreOutdated, match=r"was upgraded by a newer version of this program \(schema 9999\)"):
        add_sources(store, "wire")
    store.close()


def test_an_interrupted_migration_is_rolled_back(database_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("alembic.operations.Operations.create_index", fail)
        with pytest.raises(KeyboardInterrupt):
            open_store(f"sqlite:///{database_path}")

    open_store(f"sqlite:///{database_path}").close()


def test_an_index_with_a_row_per_posting_is_migrated_to_lists(database_path: Path) -> None:
    migrate_to(f"sqlite:///{database_path}", "0010")
    engine = create_engine(f"sqlite:///{database_path}")
    with engine.begin() as conn:
        for term, claim in ((5, 1), (5, 9), (-7, 1)):
            conn.execute(text(f"INSERT INTO postings (term, claim_id) VALUES ({term}, {claim})"))
        conn.execute(text("INSERT INTO terms (term, claims) VALUES (5, 2), (-7, 1)"))
    engine.dispose()

    assert upgrade(f"sqlite:///{database_path}") is not None
    store = open_store(f"sqlite:///{database_path}")
    with store.read() as conn:
        assert inverted_index.document_frequencies(conn, inverted_index.CLAIM_INDEX, [5, -7, 8]) == {5: 2, -7: 1}
        assert inverted_index.find_postings(conn, inverted_index.CLAIM_INDEX, {5: 2, -7: 1}, 10) == {
            5: [1, 9],
            -7: [1],
        }
    store.close()


def test_an_upgrade_makes_stored_alerts_searchable(tmp_path: Path, new_postgres_url: str) -> None:
    for url in (f"sqlite:///{tmp_path}/old.db", new_postgres_url):
        migrate_to(url, "0016")
        engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
        statement = text(
            "INSERT INTO alerts (number, id, rule, story, severity, title, at, body)"
            " VALUES (:n, :id, 'r', 's', 'low', '', :n, :body)"
        )
        rows = [
            {"n": n, "id": f"al-{n}", "body": json.dumps(alert_to_json(example_alert(text=f"Bridge {n} is closed.")))}
            for n in range(1, 2_051)
        ]
        with engine.begin() as conn:
            conn.execute(statement, rows)
        engine.dispose()

        upgrade(url)

        with closing(open_store(url)) as store, store.read() as conn:
            assert matching_numbers(conn, '"bridge 2049"', limit=9) == [2049]
            assert matching_numbers(conn, "closed", limit=2, before=1_500) == [1_499, 1_498]


@pytest.mark.sqlite
@pytest.mark.parametrize("revision", [REVISIONS[0], REVISIONS[8], REVISIONS[-2]])
def test_a_database_of_an_older_schema_gets_the_schema_of_the_code_and_keeps_its_rows(
    database_path: Path, revision: str
) -> None:
    url = f"sqlite:///{database_path}"
    migrate_to(url, revision)
    with closing(sqlite3.connect(database_path)) as connection:
        connection.execute("INSERT INTO meta (key, value) VALUES ('k', 'kept')")
        connection.execute(
            "INSERT INTO sources (name, url, kind, configured, state, failures, next_poll, baselined)"
            " VALUES ('wire', 'https://wire.example/feed', 'feed', 1, 'ok', 0, 1.0, 1)"
        )
        connection.commit()

    upgraded = upgrade(url)

    assert upgraded is not None
    assert (upgraded.before, upgraded.after) == (revision, REVISIONS[-1])
    with closing(open_store(url)) as store:
        test_the_migrations_create_the_schema_of_the_code(store)
        with store.read() as conn:
            assert conn.execute(text("SELECT value FROM meta WHERE key = 'k'")).scalar() == "kept"
            assert [source.name for source in sources.load_sources(conn)] == ["wire"]
        add_sources(store, "wire", "press")
