"""SIGTERM ends the daemon within eight seconds, whatever hangs."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from kit import Bulletin, FeedServer
from kit.databases import database_url, write_config_file
from kit.many_feeds import wait_for
from kit.worker_processes import started_process

from monitor.errors import StoreError
from monitor.store.connect import open_store

CONFIG = """
[network]
allow_private = ["127.0.0.0/8"]
[[sources]]
name = "silent"
url = "http://127.0.0.1:{port}/feed"
every = "1s"
[[sources]]
name = "bulletins"
url = "{feed}"
every = "1s"
first_poll = "alert"
[channels.desk]
type = "slack"
url = "http://127.0.0.1:{port}/hook"
[alerts]
notify = ["desk"]
"""
DEADLINE_S = 8.0


@pytest.fixture
def silent_port() -> Iterator[int]:
    """The port of a server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        yield server.getsockname()[1]


@pytest.fixture
def folder(tmp_path: Path, silent_port: int) -> Iterator[Path]:
    with FeedServer(Bulletin("1", "The Halvik ferry has run aground")) as feed:
        write_config_file(tmp_path, CONFIG.format(port=silent_port, feed=feed.url))
        (tmp_path / "rules").mkdir()
        (tmp_path / "rules/ferries.yaml").write_text("name: ferries\nmatch: ferr*\n")
        yield tmp_path


def is_sending(folder: Path) -> bool:
    query = "SELECT count(*) FROM messages WHERE leased_until IS NOT NULL"
    try:
        with closing(open_store(database_url(folder), create=False)) as store, store.read() as conn:
            return bool(conn.exec_driver_sql(query).scalar_one())
    except StoreError:  # the daemon has not created it yet
        return False


def test_a_source_and_a_receiver_that_never_answer_do_not_delay_a_stop(folder: Path) -> None:
    with started_process(folder, "-m", "monitor", "run") as daemon:
        wait_for(lambda: is_sending(folder), 60)
        started = time.monotonic()
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(DEADLINE_S + 10) == 0
        assert time.monotonic() - started < DEADLINE_S


def test_a_locked_database_does_not_delay_a_stop(folder: Path) -> None:
    with started_process(folder, "-m", "monitor", "run") as daemon:
        wait_for(lambda: is_sending(folder), 60)
        store = open_store(database_url(folder))
        with store.write():
            started = time.monotonic()
            daemon.send_signal(signal.SIGTERM)
            assert daemon.wait(DEADLINE_S + 10) == 0
            assert time.monotonic() - started < DEADLINE_S
        store.close()
