from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from kit.builders import add_sources, commit_texts, content_hashes
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from monitor.errors import StoreBusy, StoreError
from monitor.store.base import Store
from monitor.store.connect import open_store
from monitor.store.sources import load_sources


def forked(work: Callable[..., None], *given: object) -> int:
    """A process that does `work` and ends; its id."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work(*given)
            status = 0
        finally:
            os._exit(status)
    return child


def test_what_was_committed_is_there_after_closing(database_path: Path) -> None:
    store = open_store(f"sqlite:///{database_path}")
    add_sources(store, "wire")
    commit_texts(store, ["Three bridges are closed."])
    store.close()

    again = open_store(f"sqlite:///{database_path}", create=False)
    with again.read() as conn:
        assert content_hashes(conn, "wire", ["e1", "e2"]) == {"e1": "hash at 100.0"}
    again.close()


def test_a_transaction_whose_body_raises_leaves_nothing(any_store_url: str) -> None:
    store = open_store(any_store_url)
    add_sources(store, "wire")
    with pytest.raises(RuntimeError), store.write() as conn:
        conn.execute(text("DELETE FROM sources"))
        raise RuntimeError
    with store.read() as conn:
        assert [row.name for row in load_sources(conn)] == ["wire"]
    store.close()


def test_a_reader_sees_one_moment_and_does_not_keep_writers_waiting(
    database_path: Path, empty_postgres_url: str
) -> None:
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


def test_sqlite_is_set_to_survive_a_power_cut(database_path: Path) -> None:
    store = open_store(f"sqlite:///{database_path}")
    with store.write() as conn:
        found = {
            name: conn.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "mmap_size")
        }
    store.close()
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "mmap_size": 0}


def test_threads_write_one_after_the_other(any_store_url: str) -> None:
    store = open_store(any_store_url)
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        for _ in range(5):
            with store.write() as conn:
                inside.append(1)
                most.append(len(inside))
                count = conn.execute(text("SELECT value FROM meta WHERE key = 'n'")).scalar()
                conn.execute(text("DELETE FROM meta WHERE key = 'n'"))
                conn.execute(text("INSERT INTO meta VALUES ('n', :n)"), {"n": str(int(count or 0) + 1)})
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    with store.read() as conn:
        assert conn.execute(text("SELECT value FROM meta WHERE key = 'n'")).scalar() == "30"
    store.close()
    assert max(most) == 1


def count_up(url: str) -> None:
    store = open_store(url)
    for _ in range(40):
        with store.write() as conn:
            n = int(conn.execute(text("SELECT value FROM meta WHERE key = 'n'")).scalar_one())
            conn.execute(text("UPDATE meta SET value = :n WHERE key = 'n'"), {"n": str(n + 1)})
    store.close()


@pytest.mark.parametrize("kind", ["file", "postgres"])
def test_processes_that_write_at_once_lose_nothing(
    kind: str, database_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{database_path}" if kind == "file" else request.getfixturevalue("empty_postgres_url")
    store = open_store(url)
    with store.write() as conn:
        conn.execute(text("INSERT INTO meta VALUES ('n', '0')"))
    store.close()
    writers = [forked(count_up, url) for _ in range(3)]
    assert [os.waitpid(writer, 0)[1] for writer in writers] == [0, 0, 0]
    store = open_store(url)
    with store.read() as conn:
        assert conn.execute(text("SELECT value FROM meta WHERE key = 'n'")).scalar() == "120"
    store.close()


def test_a_second_daemon_is_refused_and_told_who_runs(database_path: Path, empty_postgres_url: str) -> None:
    for url in (f"sqlite:///{database_path}", empty_postgres_url):
        first, second = open_store(url), open_store(url)
        with (
            first.hold_daemon(),
            pytest.raises(StoreBusy, match=rf"another monitor runs on .* \(pid {os.getpid()}\)"),
            second.hold_daemon(),
        ):
            pass
        with second.hold_daemon():
            pass
        first.close()
        second.close()


def hold(url: str, ready: int) -> None:
    store = open_store(url)
    with store.hold_daemon(), store.write():
        os.write(ready, b"held")
        time.sleep(60)


def test_a_killed_daemon_holds_nothing(database_path: Path) -> None:
    url = f"sqlite:///{database_path}"
    open_store(url).close()
    told, tell = os.pipe()
    daemon = forked(hold, url, tell)
    assert os.read(told, 4) == b"held"
    os.kill(daemon, signal.SIGKILL)
    os.waitpid(daemon, 0)

    store = open_store(url)
    with store.hold_daemon():
        add_sources(store, "wire")
    store.close()


def write_on(url: str, first: int, tell: int) -> None:
    store = open_store(url)
    for n in range(first, first + 1000):
        commit_texts(store, [f"Bridge {n} is closed.", f"Road {n} is open."], entry=f"e{n}", at=float(n))
        os.write(tell, b".")


def test_a_killed_writer_loses_nothing_that_was_committed(database_path: Path) -> None:
    url = f"sqlite:///{database_path}"
    store = open_store(url)
    add_sources(store, "wire")
    store.close()
    chance = random.Random(9)
    committed: set[str] = set()
    for turn in range(20):
        told, tell = os.pipe()
        writer = forked(write_on, url, turn * 1000, tell)
        os.close(tell)
        time.sleep(0.02)
        wanted = chance.randint(1, 4)
        said = sum(len(os.read(told, 1)) for _ in range(wanted))
        time.sleep(chance.random() * 0.01)
        os.kill(writer, signal.SIGKILL)
        os.waitpid(writer, 0)
        said += len(os.read(told, 1000))
        os.close(told)
        assert said >= wanted
        committed |= {f"e{turn * 1000 + n}" for n in range(said)}

    store = open_store(url)
    with store.read() as conn:
        assert conn.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert conn.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        kept = set(conn.exec_driver_sql("SELECT key FROM entries").scalars())
        halves = conn.exec_driver_sql(
            "SELECT count(*) FROM entries e WHERE (SELECT count(*) FROM sayings s WHERE s.entry_id = e.id) <> 2"
        ).scalar()
    store.close()
    assert committed <= kept
    assert halves == 0
    assert len(kept - committed) <= 20  # committed, and killed before it could say so


def refused(url: str, **given: bool) -> str:
    with pytest.raises(StoreError) as caught:
        open_store(url, **given).close()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_cannot_be_a_database_is_refused_with_one_sentence(tmp_path: Path) -> None:
    novel = tmp_path / "novel.db"
    novel.write_text("It was a dark and stormy night. " * 100)
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as conn:
        conn.execute("CREATE TABLE recipes (name TEXT)")

    assert refused(f"sqlite:///{novel}") == "database novel.db: it is not a database"
    assert "belongs to another program" in refused(f"sqlite:///{other}")
    assert "it is a folder" in refused(f"sqlite:///{tmp_path}")
    assert "there is no folder" in refused(f"sqlite:///{tmp_path}/nowhere/monitor.db")
    assert "there is no database" in refused(f"sqlite:///{tmp_path}/none.db", create=False)
    assert "sqlite:///… or postgresql://…" in refused("mysql://localhost/monitor")
    assert novel.read_text().startswith("It was")


def test_a_read_only_place_is_refused_with_one_sentence() -> None:
    assert "cannot open the database /proc/monitor.db" in refused("sqlite:////proc/monitor.db")


def test_a_password_is_in_no_refusal() -> None:
    sentence = refused("postgresql://monitor:hunter2@127.0.0.1:1/monitor")

    assert sentence == "database monitor: the server cannot be reached"


def test_a_truncated_database_is_refused_with_one_sentence(database_path: Path) -> None:
    store = open_store(f"sqlite:///{database_path}")
    add_sources(store, "wire")
    store.close()
    with database_path.open("r+b") as file:
        file.truncate(3 * 4096)

    assert "it is damaged" in refused(f"sqlite:///{database_path}")


def test_a_full_disk_is_one_sentence_and_loses_nothing(database_path: Path) -> None:
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


def test_a_statement_of_ours_that_is_wrong_is_not_called_trouble_of_the_database(store: Store) -> None:
    with pytest.raises(DBAPIError, match="nowhere"), store.read() as conn:
        conn.execute(text("SELECT * FROM nowhere"))


def test_a_backup_is_whole_while_others_write(database_path: Path, tmp_path: Path) -> None:
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

    with pytest.raises(StoreError, match="there is such a file already"):
        open_store(f"sqlite:///{database_path}").backup(copy)
    restored = open_store(f"sqlite:///{copy}")
    with restored.read() as conn:
        assert conn.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert len(content_hashes(conn, "wire", [f"e{n}" for n in range(20)])) == 20
    restored.close()


def test_opening_a_database_that_is_at_home_does_not_import_alembic(database_path: Path) -> None:
    open_store(f"sqlite:///{database_path}").close()
    code = (
        "import sys; from monitor.store import open_store; assert 'sqlalchemy' not in sys.modules;"
        f"open_store('sqlite:///{database_path}').close(); assert 'alembic' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=20).returncode == 0
