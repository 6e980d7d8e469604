"""`monitor sources poll` polls a source now, with and without a running daemon."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from kit.command_line import Monitor
from kit.config import loopback_config, notify_table, source_table, terminal_table
from kit.daemon_harness import folder_config
from kit.databases import write_config_file
from kit.servers import Bulletin, FeedServer

from monitor.daemon.run import running_daemon

pytestmark = pytest.mark.slow


@pytest.fixture
def feed() -> Iterator[FeedServer]:
    with FeedServer(Bulletin("1", "The ferry sails")) as running:
        yield running


@pytest.fixture
def monitor(tmp_path: Path, feed: FeedServer, monkeypatch: pytest.MonkeyPatch, run_monitor: Monitor) -> Monitor:
    """Run a command in the folder of the daemon; return exit code, last line of stdout, and stderr."""
    config = loopback_config(
        source_table("port", feed.url, every="1d"),
        source_table("navy", "http://127.0.0.1:1/", every="1d"),
        terminal_table("desk"),
        notify_table("desk"),
    )
    write_config_file(tmp_path, config)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        code, out, err = run_monitor(*arguments)
        return code, out.splitlines()[-1] if out else "", err

    return run


def test_a_source_is_polled_whatever_its_interval(monitor: Monitor, feed: FeedServer) -> None:
    for requests in (1, 2):
        code, out, _ = monitor("sources", "poll", "port")
        assert (code, out) == (0, "port: ok (entries: 1)")
        assert len(feed.answered) == requests


def test_a_source_is_polled_in_spite_of_its_back_off(monitor: Monitor, feed: FeedServer) -> None:
    feed.status = 503
    assert monitor("sources", "poll", "port")[:2] == (1, f"port: {feed.url} returned a server error (HTTP 503)")
    feed.status = 200
    assert monitor("sources", "poll", "port")[:2] == (0, "port: ok (entries: 1)")


def test_an_unknown_source_is_named_with_the_closest_one(monitor: Monitor) -> None:
    code, _, err = monitor("sources", "poll", "prot")
    assert (code, err) == (2, 'monitor: unknown source "prot"; did you mean "port"?\n')


async def test_a_running_daemon_polls_a_source_on_request(monitor: Monitor, feed: FeedServer, tmp_path: Path) -> None:
    async with running_daemon(folder_config(tmp_path)):
        while not feed.answered:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.2)
        before = len(feed.answered)
        code, out, _ = await asyncio.to_thread(monitor, "sources", "poll", "port")
        assert (code, out) == (0, "port: ok (entries: 1)")
        assert len(feed.answered) == before + 1


def test_a_paused_source_is_not_polled_until_it_is_resumed(monitor: Monitor, feed: FeedServer) -> None:
    monitor("sources", "poll", "port")
    before = len(feed.answered)
    assert monitor("sources", "pause", "port")[:2] == (0, "port: paused")
    refused = monitor("sources", "poll", "port")
    assert (refused[0], refused[2]) == (
        2,
        "monitor: port is paused; `monitor sources resume port` polls it again\n",
    )
    assert monitor("run", "--once")[0] == 0
    assert len(feed.answered) == before
    assert monitor("sources", "resume", "port")[:2] == (0, "port: resumed")
    assert monitor("sources", "poll", "port")[1].startswith("port: ok")
    assert len(feed.answered) > before
    assert 'unknown source "prt"; did you mean "port"?' in monitor("sources", "pause", "prt")[2]


async def test_a_running_daemon_polls_a_resumed_source(tmp_path: Path, monitor: Monitor, feed: FeedServer) -> None:
    async with running_daemon(folder_config(tmp_path)):
        await asyncio.to_thread(monitor, "sources", "pause", "port")
        before = len(feed.answered)
        await asyncio.sleep(1.5)
        assert len(feed.answered) in (before, before + 1)  # a poll may have been under way
        before = len(feed.answered)
        await asyncio.to_thread(monitor, "sources", "resume", "port")
        for _ in range(100):
            await asyncio.sleep(0.1)
            if len(feed.answered) > before:
                break
        assert len(feed.answered) > before
