from __future__ import annotations

import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from kit.builders import add_sources, commit_texts, content_hashes
from sqlalchemy import create_engine, func, make_url, text
from sqlalchemy.exc import DBAPIError

from monitor.errors import StoreBusy, StoreError, StoreOutdated
from monitor.store import postgres
from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.store.migrate import VERSION_TABLE
from monitor.store.sources import load_sources

pytestmark = pytest.mark.slow


def fork_process(target: Callable[..., None], *args: object) -> int:
    """Run `target` in a forked process; return its id."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            target(*args)
            status = 0
        finally:
            os._exit(status)
    return child


def test_committed_data_is_there_after_reopening(database_path: Path) -> None:
    store = open_store(f"sqlite:///{database_path}")
    add_sources(store, "wire")
    commit_texts(store, ["Three bridges are closed."])
    store.close()

    reopened = open_store(f"sqlite:///{database_path}", create=False)
    with reopened.read() as conn:
        assert content_hashes(conn, "wire", ["e1", "e2"]) == {"e1": "hash at 100.0"}
    reopened.close()


def test_a_transaction_whose_body_raises_is_rolled_back(any_store_url: str) -> None:
    store = open_store(any_store_url)
    add_sources(store, "wire")
    with pytest.raises(RuntimeError), store.write() as conn:
        conn.execute(text("DELETE FROM sources"))
        raise RuntimeError
    with store.read() as conn:
        assert [row.name for row in load_sources(conn)] == ["wire"]
    store.close()


def test_a_reader_sees_a_snapshot_and_does_not_block_writers(database_path: Path, empty_postgres_url: str) -> None:
    for url in (f"sqlite:///{database_path}", empty_postgres_url):
        store = open_store(url)
        with store.read() as conn:
            assert load_sources(conn) == []
            add_sources(store, "wire")
            assert load_sources(conn) == []
        with store.read() as conn:
            assert len(load_sources(conn)) == 1
        store.close()


def test_a_reader_cannot_write(database_path: Path, empty_postgres_url: str) -> None:
    for url in (f"sqlite:///{database_path}", empty_postgres_url):
        store = open_store(url)
        with pytest.raises(StoreError, match=r"read-only|readonly"), store.read() as conn:
            conn.execute(text("DELETE FROM sources"))
        store.close()


def test_sqlite_is_configured_to_survive_power_loss(database_path: Path) -> None:
    store = open_store(f"sqlite:///{database_path}")
    with store.write() as conn:
        pragmas = {
            name: conn.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "mmap_size")
        }
    store.close()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "mmap_size": 0}


def test_threads_write_one_at_a_time(any_store_url: str) -> None:
    store = open_store(any_store_url)
    active_writers: list[int] = []
    writer_counts: list[int] = []

    def work() -> None:
        for _ in range(5):
            with store.write() as conn:
                active_writers.append(1)
                writer_counts.append(len(active_writers))
                count = conn.execute(text("SELECT value FROM meta WHERE key = 'n'")).scalar()
                conn.execute(text("DELETE FROM meta WHERE key = 'n'"))
                conn.execute(text("INSERT INTO meta VALUES ('n', :n)"), {"n": str(int(count or 0) + 1)})
                active_writers.pop()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    with store.read() as conn:
        assert conn.execute(text("SELECT value FROM meta WHERE key = 'n'")).scalar() == "30"
    store.close()
    assert max(writer_counts) == 1


def increment_counter(url: str) -> None:
    store = open_store(url)
    for _ in range(40):
        with store.write() as conn:
            n = int(conn.execute(text("SELECT value FROM meta WHERE key = 'n'")).scalar_one())
            conn.execute(text("UPDATE meta SET value = :n WHERE key = 'n'"), {"n": str(n + 1)})
    store.close()


@pytest.mark.parametrize("kind", [pytest.param("file", marks=pytest.mark.sqlite), "postgres"])
def test_concurrent_writes_of_several_processes_are_all_kept(
    kind: str, database_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{database_path}" if kind == "file" else request.getfixturevalue("empty_postgres_url")
    store = open_store(url)
    with store.write() as conn:
        conn.execute(text("INSERT INTO meta VALUES ('n', '0')"))
    store.close()
    writers = [fork_process(increment_counter, url) for _ in range(3)]
    assert [os.waitpid(writer, 0)[1] for writer in writers] == [0, 0, 0]
    store = open_store(url)
    with store.read() as conn:
        assert conn.execute(text("SELECT value FROM meta WHERE key = 'n'")).scalar() == "120"
    store.close()


def test_a_second_daemon_is_rejected_with_the_pid_of_the_first(database_path: Path) -> None:
    url = f"sqlite:///{database_path}"
    first, second = open_store(url), open_store(url)
    with (
        first.hold_daemon(),
        pytest.raises(StoreBusy, match=rf"another daemon is running on .* \(pid {os.getpid()}\)"),
        second.hold_daemon(),
    ):
        pass
    with second.hold_daemon():
        pass
    first.close()
    second.close()


def test_child_processes_keep_the_daemon_lock_of_a_dead_supervisor(database_path: Path) -> None:
    url = f"sqlite:///{database_path}"
    store = open_store(url)
    with store.hold_daemon() as descriptors:
        child = subprocess.Popen(["sleep", "60"], pass_fds=descriptors)

    with pytest.raises(StoreBusy), store.hold_daemon():
        pass
    child.kill()
    child.wait()
    with store.hold_daemon():
        pass
    store.close()


def test_several_daemons_share_a_postgres_database(empty_postgres_url: str) -> None:
    first, second = open_store(empty_postgres_url), open_store(empty_postgres_url)
    with first.hold_daemon(), second.hold_daemon():
        assert first.is_shared
    first.close()
    second.close()


def test_an_open_store_refuses_to_write_after_a_newer_version_upgraded_it(empty_postgres_url: str) -> None:
    store = open_store(empty_postgres_url)
    with store.write() as conn:
        conn.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))

    with pytest.raises(StoreOutdated, match=r"was upgraded by a newer version of this program \(schema 9999\)"):
        add_sources(store, "wire")
    store.close()


def test_processes_that_open_an_empty_postgres_database_at_once_create_it_once(postgres_server_url: str) -> None:
    engine = create_engine(postgres_server_url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("CREATE DATABASE empty"))
    url = make_url(postgres_server_url).set(database="empty").render_as_string(hide_password=False)
    code = f"from monitor.store.connect import open_store; open_store({url!r}).close()"
    try:
        openers = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
        assert [opener.wait(60) for opener in openers] == [0, 0, 0]
    finally:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.execute(text("DROP DATABASE empty"))
        engine.dispose()


def hold_locks(url: str, write_fd: int) -> None:
    store = open_store(url)
    with store.hold_daemon(), store.write():
        os.write(write_fd, b"held")
        time.sleep(60)


def test_a_killed_daemon_releases_its_locks(database_path: Path) -> None:
    url = f"sqlite:///{database_path}"
    open_store(url).close()
    read_fd, write_fd = os.pipe()
    daemon = fork_process(hold_locks, url, write_fd)
    assert os.read(read_fd, 4) == b"held"
    os.kill(daemon, signal.SIGKILL)
    os.waitpid(daemon, 0)

    store = open_store(url)
    with store.hold_daemon():
        add_sources(store, "wire")
    store.close()


def commit_until_killed(url: str, first: int, write_fd: int) -> None:
    store = open_store(url)
    for n in range(first, first + 1000):
        commit_texts(store, [f"Bridge {n} is closed.", f"Road {n} is open."], entry=f"e{n}", at=float(n))
        os.write(write_fd, b".")


def test_a_killed_writer_loses_no_committed_transaction(database_path: Path) -> None:
    url = f"sqlite:///{database_path}"
    store = open_store(url)
    add_sources(store, "wire")
    store.close()
    rng = random.Random(9)
    committed: set[str] = set()
    for round_number in range(20):
        read_fd, write_fd = os.pipe()
        writer = fork_process(commit_until_killed, url, round_number * 1000, write_fd)
        os.close(write_fd)
        time.sleep(0.02)
        minimum = rng.randint(1, 4)
        reported = sum(len(os.read(read_fd, 1)) for _ in range(minimum))
        time.sleep(rng.random() * 0.01)
        os.kill(writer, signal.SIGKILL)
        os.waitpid(writer, 0)
        reported += len(os.read(read_fd, 1000))
        os.close(read_fd)
        assert reported >= minimum
        committed |= {f"e{round_number * 1000 + n}" for n in range(reported)}

    store = open_store(url)
    with store.read() as conn:
        assert conn.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert conn.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        stored = set(conn.exec_driver_sql("SELECT key FROM entries").scalars())
        incomplete_count = conn.exec_driver_sql(
            "SELECT count(*) FROM entries e WHERE (SELECT count(*) FROM sayings s WHERE s.entry_id = e.id) <> 2"
        ).scalar()
    store.close()
    assert committed <= stored
    assert incomplete_count == 0
    assert len(stored - committed) <= 20  # one per round may be committed but killed before it is reported


def open_error(url: str, **options: bool) -> str:
    """Return the message of the StoreError raised when opening the database."""
    with pytest.raises(StoreError) as caught:
        open_store(url, **options).close()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_invalid_database_raises_one_clear_sentence(tmp_path: Path) -> None:
    novel = tmp_path / "novel.db"
    novel.write_text("It was a dark and stormy night. " * 100)
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as conn:
        conn.execute("CREATE TABLE recipes (name TEXT)")

    assert open_error(f"sqlite:///{novel}") == "database novel.db: it is not a database"
    assert "belongs to another program" in open_error(f"sqlite:///{other}")
    assert "expected a file, found a folder" in open_error(f"sqlite:///{tmp_path}")
    assert f"the folder {tmp_path}/nowhere does not exist" in open_error(f"sqlite:///{tmp_path}/nowhere/monitor.db")
    assert "does not exist; `monitor run` creates it" in open_error(f"sqlite:///{tmp_path}/none.db", create=False)
    assert "sqlite:///… or postgresql://…" in open_error("mysql://localhost/monitor")
    assert novel.read_text().startswith("It was")


def test_a_read_only_folder_raises_one_clear_sentence() -> None:
    assert "cannot open the database /proc/monitor.db" in open_error("sqlite:////proc/monitor.db")


def test_a_connection_error_does_not_contain_the_password() -> None:
    sentence = open_error("postgresql://monitor:hunter2@127.0.0.1:1/monitor")

    assert sentence == "database monitor: the server cannot be reached"


def test_a_truncated_database_raises_one_clear_sentence(database_path: Path) -> None:
    store = open_store(f"sqlite:///{database_path}")
    add_sources(store, "wire")
    store.close()
    with database_path.open("r+b") as file:
        file.truncate(3 * 4096)

    assert "it is damaged" in open_error(f"sqlite:///{database_path}")


def test_a_full_disk_raises_one_sentence_and_keeps_committed_data(database_path: Path) -> None:
    store = open_store(f"sqlite:///{database_path}")
    add_sources(store, "wire")
    commit_texts(store, ["Three bridges are closed."])
    with store.write() as conn:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
        conn.exec_driver_sql(f"PRAGMA max_page_count = {pages + 5}")

    with pytest.raises(StoreError, match=r"database monitor\.db: the disk is full"):
        commit_texts(store, [f"Flood number {n} has come. " * 50 for n in range(200)], entry="e2", at=200.0)

    with store.read() as conn:
        assert conn.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert content_hashes(conn, "wire", ["e1", "e2"]) == {"e1": "hash at 100.0"}
    with store.write() as conn:
        conn.exec_driver_sql("PRAGMA max_page_count = 1000000")
    commit_texts(store, ["The flood is over."], entry="e2", at=300.0)
    store.close()


def test_an_invalid_statement_raises_the_driver_error(store: Store) -> None:
    with pytest.raises(DBAPIError, match="nowhere"), store.read() as conn:
        conn.execute(text("SELECT * FROM nowhere"))


def test_a_backup_taken_during_writes_is_complete(database_path: Path, tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{database_path}")
    add_sources(store, "wire")
    for n in range(20):
        commit_texts(store, [f"Bridge {n} is closed."], entry=f"e{n}")
    copy = tmp_path / "copy.db"
    writer = threading.Thread(
        target=lambda: [commit_texts(store, [f"Road {n} is closed."], entry=f"r{n}") for n in range(20)]
    )
    writer.start()
    store.backup(copy)
    writer.join(20)
    store.close()

    with pytest.raises(StoreError, match="the file already exists"):
        open_store(f"sqlite:///{database_path}").backup(copy)
    restored = open_store(f"sqlite:///{copy}")
    with restored.read() as conn:
        assert conn.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert len(content_hashes(conn, "wire", [f"e{n}" for n in range(20)])) == 20
    restored.close()


def test_a_server_without_notices_is_used_without_them(
    empty_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(empty_postgres_url)
    monkeypatch.setattr(postgres, "func", SimpleNamespace(pg_notify=func.no_such_function))
    monkeypatch.setattr(postgres, "NOTICE_CHANNEL", "no channel")
    received: list[str] = []

    store.notify("work")
    store.listen(received.append, threading.Event())  # returns at once

    add_sources(store, "wire")
    store.close()
    assert received == []


def test_writers_do_not_depend_on_the_isolation_level_of_the_server(empty_postgres_url: str) -> None:
    url = make_url(empty_postgres_url).update_query_dict({"options": "-c default_transaction_isolation=serializable"})
    store = open_store(url.render_as_string(hide_password=False))
    with store.write() as conn:
        assert conn.execute(text("SHOW transaction_isolation")).scalar() == "read committed"
    with store.read() as conn:
        assert conn.execute(text("SHOW transaction_isolation")).scalar() == "repeatable read"
    store.close()


def test_the_backup_of_a_postgres_database_is_left_to_pg_dump(empty_postgres_url: str) -> None:
    socket = make_url(empty_postgres_url).query["host"]
    url = make_url(empty_postgres_url).set(password="hunter2").render_as_string(hide_password=False)
    store = open_store(url)
    with pytest.raises(StoreError) as caught:
        store.backup(Path("a copy.dump"))
    store.close()

    command = f"pg_dump --format=custom '--file=a copy.dump' --host={socket} --username=postgres {store.name}"
    assert str(caught.value) == f"cannot back up a PostgreSQL database here: use `{command}`"


def test_opening_an_up_to_date_database_does_not_import_alembic(database_path: Path) -> None:
    open_store(f"sqlite:///{database_path}").close()
    code = (
        "import sys; from monitor.store.connect import open_store; assert 'sqlalchemy' not in sys.modules;"
        f"open_store('sqlite:///{database_path}').close(); assert 'alembic' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=20).returncode == 0


def test_a_new_database_can_be_read_by_its_owner_only(tmp_path: Path) -> None:
    with closing(open_store(f"sqlite:///{tmp_path}/monitor.db")) as store, store.write():
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("monitor.db*")}
        store.backup(tmp_path / "copy.db")
    assert modes["monitor.db"] == modes["monitor.db-wal"] == 0o600
    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600
    assert not list(tmp_path.glob(".monitor.db-*"))


@pytest.mark.parametrize("create", [True, False])
def test_an_empty_file_is_no_new_database(tmp_path: Path, create: bool) -> None:
    (tmp_path / "monitor.db").touch()
    message = open_error(f"sqlite:///{tmp_path}/monitor.db", create=create)
    assert "is an empty file: restore it from a backup, or delete it to start without history" in message
    assert (tmp_path / "monitor.db").stat().st_size == 0
