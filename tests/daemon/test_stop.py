"""SIGTERM ends the daemon within eight seconds, whatever hangs."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from kit import FeedServer
from kit.config import FERRIES_RULE, loopback_config, notify_table, source_table, toml_table
from kit.databases import database_url, write_config_file
from kit.waiting import block_until
from kit.worker_processes import started_daemon

from monitor.errors import StoreError
from monitor.store.connect import open_store

DEADLINE_S = 8.0


@pytest.fixture
def silent_port() -> Iterator[int]:
    """The port of a server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        yield server.getsockname()[1]


@pytest.fixture
def folder(tmp_path: Path, silent_port: int, feed: FeedServer) -> Path:
    """The folder of a daemon with a source and a receiver that never answer."""
    silent_url = f"http://127.0.0.1:{silent_port}/"
    config = loopback_config(
        source_table("silent", silent_url, every="1s"),
        source_table("bulletins", feed.url, every="1s", first_poll="alert"),
        toml_table("[channels.desk]", type="slack", url=silent_url),
        notify_table("desk"),
    )
    write_config_file(tmp_path, config, FERRIES_RULE)
    return tmp_path


def is_sending(folder: Path) -> bool:
    query = "SELECT count(*) FROM messages WHERE leased_until IS NOT NULL"
    try:
        with closing(open_store(database_url(folder), create=False)) as store, store.read() as conn:
            return bool(conn.exec_driver_sql(query).scalar_one())
    except StoreError:  # the daemon has not created it yet
        return False


def test_a_source_and_a_receiver_that_never_answer_do_not_delay_a_stop(folder: Path) -> None:
    with started_daemon(folder) as daemon:
        block_until(lambda: is_sending(folder), 60)
        started = time.monotonic()
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(DEADLINE_S + 10) == 0
        assert time.monotonic() - started < DEADLINE_S


def test_a_locked_database_does_not_delay_a_stop(folder: Path) -> None:
    with started_daemon(folder) as daemon:
        block_until(lambda: is_sending(folder), 60)
        store = open_store(database_url(folder))
        with store.write():
            started = time.monotonic()
            daemon.send_signal(signal.SIGTERM)
            assert daemon.wait(DEADLINE_S + 10) == 0
            assert time.monotonic() - started < DEADLINE_S
        store.close()
