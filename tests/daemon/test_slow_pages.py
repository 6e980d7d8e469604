"""Slow pages and clients of the web UI delay no poll and no delivery."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from kit import Bulletin, FeedServer, PostSink
from kit.config import (
    FERRIES_RULE,
    loopback_config,
    notify_table,
    source_table,
    toml_table,
    webhook_table,
    write_folder,
)
from kit.daemon_harness import folder_config
from kit.servers import free_port
from kit.waiting import wait_until
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from monitor.daemon.run import running_daemon
from monitor.web.app import GET_ROUTES
from monitor.web.endpoint import Site

STALLED_CLIENTS = 50
SLOW_S = 0.8


class TimedFeed(FeedServer):
    """Notes when each poll arrived."""

    def __init__(self) -> None:
        super().__init__(Bulletin("1", "Nothing moved last night"))
        self.times: list[float] = []

    def answer(self, *args: object) -> None:
        self.times.append(time.monotonic())
        super().answer(*args)  # type: ignore[arg-type]


def slow_page(_site: Site, _request: Request) -> Response:
    """Wait, as a page does for a slow query."""
    time.sleep(SLOW_S)
    return PlainTextResponse("done")


async def stall(port: int) -> asyncio.StreamWriter:
    """Send half of a request, and nothing more."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /alerts HTTP/1.1\r\nhost: localhost\r\nx-half: ")
    return writer


async def test_slow_pages_and_stalled_clients_delay_no_poll_and_no_message(
    tmp_path: Path, hook: PostSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(GET_ROUTES, "/slow", slow_page)
    port = free_port()
    with TimedFeed() as feed:
        config = loopback_config(
            toml_table("[web]", listen=f"127.0.0.1:{port}"),
            source_table("bulletins", feed.url, every="1s"),
            webhook_table("hook", hook.url),
            notify_table("hook"),
        )
        write_folder(tmp_path, config, FERRIES_RULE)
        async with (
            running_daemon(folder_config(tmp_path)),
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
        ):
            await wait_until(lambda: bool(feed.times), 20.0)
            stalled = [await stall(port) for _ in range(STALLED_CLIENTS)]
            slow = [asyncio.create_task(client.get("/slow")) for _ in range(12)]
            await asyncio.sleep(0.2)
            began, first = time.monotonic(), len(feed.times)
            feed.bulletins.append(Bulletin("2", "The Halvik ferry has run aground"))
            await wait_until(lambda: bool(hook.posts), 20.0)
            delivered_s = time.monotonic() - began
            assert not all(task.done() for task in slow), "the pages took all the time"
            for task in slow:
                task.cancel()
            await asyncio.gather(*slow, return_exceptions=True)
            for writer in stalled:
                writer.close()

    assert delivered_s < 5.0
    assert max(after - before for before, after in pairwise(feed.times[first - 1 :])) < 3.0
