"""A source that is added, paused and polled on the pages of a running daemon."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from kit.config import loopback_config, toml_table, write_folder
from kit.daemon_harness import folder_config
from kit.servers import Bulletin, FeedServer, free_port
from kit.waiting import wait_until
from kit.web_access import form_token

from monitor.daemon.run import running_daemon

pytestmark = pytest.mark.slow

PATIENCE_S = 15.0  # a change of the config is live within two seconds on a quiet machine


async def submit(client: httpx.AsyncClient, page: str, path: str, **form: str) -> httpx.Response:
    """Submit a form with the token of a page."""
    token = form_token((await client.get(page)).text)
    origin = {"origin": str(client.base_url).rstrip("/")}
    return await client.post(path, data={"csrf_token": token, **form}, headers=origin, timeout=30)


async def test_a_source_is_added_polled_and_paused_on_the_pages(tmp_path: Path) -> None:
    port = free_port()
    write_folder(tmp_path, loopback_config(toml_table("[web]", listen=f"127.0.0.1:{port}")))
    with FeedServer(Bulletin("a", "The Osteroy ferry has stopped")) as feed:
        async with (
            running_daemon(folder_config(tmp_path)) as runtime,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client,
        ):
            preview = await submit(client, "/add-source", "/add-source", address=feed.url)
            assert "The Osteroy ferry has stopped" in preview.text
            added = await submit(client, "/add-source", "/add-source/feed", name="ferries", url=feed.url)
            assert (added.status_code, added.headers["location"]) == (303, "/sources?done=added")
            await wait_until(lambda: "ferries" in runtime.sources, PATIENCE_S)
            await wait_until(lambda: is_shown(client, "The Osteroy ferry has stopped"), PATIENCE_S)

            requests = len(feed.answered)
            form = {"source:ferries": "on", "back": "source"}
            await submit(client, "/sources", "/sources", action="poll", **form)
            await wait_until(lambda: len(feed.answered) > requests, PATIENCE_S)
            await submit(client, "/sources", "/sources", action="pause", **form)
            assert "Resume" in (await client.get("/sources/ferries")).text


async def is_shown(client: httpx.AsyncClient, text: str) -> bool:
    """Whether the source's page has a text."""
    return text in (await client.get("/sources/ferries")).text
