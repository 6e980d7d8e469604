"""Serve the demo's script as an RSS feed on the loopback interface, one step at a time.

The feed is at `/feed.xml` with an ETag, and each entry is a page at `/KEY`, so that the links in alerts work.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256
from html import escape
from typing import Self

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from monitor.demo.script import ENTRY_TITLES, SCRIPT, DemoStep, published_entries
from monitor.web.server import running_server

FEED_ADDRESS = "127.0.0.1:0"  # any free port

FEED_TEMPLATE = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>Eastern brief</title><link>{url}</link>
<description>A made-up feed that shows Claimwatch at work.</description>{items}</channel></rss>
"""
ITEM_TEMPLATE = """
<item><guid isPermaLink="false">{key}</guid><title>{title}</title><link>{url}</link>
<pubDate>{published}</pubDate><description>{body}</description></item>"""
PAGE_TEMPLATE = (
    "<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><h1>{title}</h1>{body}</html>\n"
)


class SampleSource:
    """Serves the script on a free port of 127.0.0.1 while it is entered as an asynchronous context manager.

    It starts at the first step, and `advance` continues with the next one.
    """

    def __init__(self) -> None:
        self.url = ""
        self._step_index = 0
        self._published: dict[str, datetime] = {}
        self._exits = AsyncExitStack()

    @property
    def current_step(self) -> DemoStep:
        return SCRIPT[self._step_index]

    def advance(self) -> DemoStep | None:
        """Change the feed to the next step and return it; None after the last one."""
        if self._step_index + 1 == len(SCRIPT):
            return None
        self._step_index += 1
        self._publish_step()
        return self.current_step

    async def __aenter__(self) -> Self:
        """Serve the first step. Raises MonitorError if no port is free."""
        application = Starlette(routes=[Route("/feed.xml", self._feed), Route("/{key}", self._page)])
        self.url = f"{await self._exits.enter_async_context(running_server(FEED_ADDRESS, application))}/feed.xml"
        self._publish_step()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._exits.aclose()

    def _publish_step(self) -> None:
        for key in self.current_step.publish:
            self._published[key] = datetime.now(UTC)

    def _current_entries(self) -> Mapping[str, str]:
        """Return the bodies of the entries by key, oldest first."""
        return published_entries(SCRIPT[: self._step_index + 1])

    async def _page(self, request: Request) -> Response:
        key, entries = request.path_params["key"], self._current_entries()
        if key not in entries:
            return Response(status_code=404)
        return HTMLResponse(PAGE_TEMPLATE.format(title=escape(ENTRY_TITLES[key]), body=entries[key]))

    async def _feed(self, request: Request) -> Response:
        """Return the feed, newest entry first, or a 304 if the client has it already."""
        entries = reversed(list(self._current_entries().items()))
        items = "".join(self._render_item(key, body) for key, body in entries)
        body = FEED_TEMPLATE.format(url=escape(self.url), items=items).encode()
        etag = f'"{sha256(body).hexdigest()[:16]}"'
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers={"etag": etag})
        return Response(body, media_type="application/rss+xml", headers={"etag": etag})

    def _render_item(self, key: str, body: str) -> str:
        return ITEM_TEMPLATE.format(
            key=key,
            title=escape(ENTRY_TITLES[key]),
            url=escape(self.url.replace("feed.xml", key)),
            published=format_datetime(self._published[key]),
            body=escape(body),
        )
