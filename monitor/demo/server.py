"""Serve the demo's script as an RSS feed on the loopback interface, one step at a time.

An asyncio HTTP server: the feed is at `/feed.xml` with an ETag, and each entry is a page at `/KEY`, so that the links
in alerts work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256
from html import escape
from typing import Self

from monitor.demo.script import ENTRY_TITLES, SCRIPT, DemoStep, published_entries

FEED_HOST = "127.0.0.1"
REQUEST_TIMEOUT_S = 10.0  # for reading a whole request
MAX_REQUEST_LINES = 64

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


@dataclass(frozen=True, slots=True)
class DemoRequest:
    """The path of a request, and the ETag that the client has, or ""."""

    path: str
    etag: str


@dataclass(frozen=True, slots=True)
class DemoResponse:
    """A response. `status` includes the reason phrase; `etag` may be ""."""

    status: str
    content_type: str = "text/plain"
    body: bytes = b""
    etag: str = ""

    def to_bytes(self) -> bytes:
        etag = f"ETag: {self.etag}\r\n" if self.etag else ""
        head = (
            f"HTTP/1.1 {self.status}\r\n{etag}Content-Type: {self.content_type}; charset=utf-8\r\n"
            f"Content-Length: {len(self.body)}\r\nConnection: close\r\n\r\n"
        )
        return head.encode("ascii") + self.body


class SampleSource:
    """Serves the script on a free port of 127.0.0.1; also an asynchronous context manager.

    It starts at the first step, and `advance` continues with the next one.
    """

    def __init__(self) -> None:
        self.url = ""
        self._step_index = 0
        self._published: dict[str, datetime] = {}
        self._fetched_event = asyncio.Event()
        self._server: asyncio.Server | None = None

    @property
    def current_step(self) -> DemoStep:
        return SCRIPT[self._step_index]

    async def start(self) -> str:
        """Serve the first step and return the URL of the feed. Raises OSError if no port is free."""
        self._server = await asyncio.start_server(self._serve, FEED_HOST, 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://{FEED_HOST}:{port}/feed.xml"
        self._publish_step()
        return self.url

    def advance(self) -> DemoStep | None:
        """Change the feed to the next step and return it; None after the last one."""
        if self._step_index + 1 == len(SCRIPT):
            return None
        self._step_index += 1
        self._fetched_event.clear()
        self._publish_step()
        return self.current_step

    async def wait_until_fetched(self) -> None:
        """Wait until the feed of the current step was fetched."""
        await self._fetched_event.wait()

    async def stop(self) -> None:
        """Close the port. Idempotent."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def _publish_step(self) -> None:
        for key in self.current_step.publish:
            self._published[key] = datetime.now(UTC)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, ValueError, TimeoutError, asyncio.IncompleteReadError):
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                response = self._respond(await _read_request(reader))
                writer.write(response.to_bytes())
                await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    def _respond(self, request: DemoRequest) -> DemoResponse:
        current_entries = published_entries(SCRIPT[: self._step_index + 1])
        key = request.path.strip("/")
        if key == "feed.xml":
            return self._feed_response(current_entries, request.etag)
        if key not in current_entries:
            return DemoResponse("404 Not Found")
        page = PAGE_TEMPLATE.format(title=escape(ENTRY_TITLES[key]), body=current_entries[key])
        return DemoResponse("200 OK", "text/html", page.encode())

    def _feed_response(self, current_entries: Mapping[str, str], known_etag: str) -> DemoResponse:
        """Return the feed, newest entry first, or a 304 if the client has it already."""
        items = "".join(self._render_item(key, body) for key, body in reversed(list(current_entries.items())))
        body = FEED_TEMPLATE.format(url=escape(self.url), items=items).encode()
        etag = f'"{sha256(body).hexdigest()[:16]}"'
        self._fetched_event.set()
        if known_etag == etag:
            return DemoResponse("304 Not Modified", etag=etag)
        return DemoResponse("200 OK", "application/rss+xml", body, etag)

    def _render_item(self, key: str, body: str) -> str:
        return ITEM_TEMPLATE.format(
            key=key,
            title=escape(ENTRY_TITLES[key]),
            url=escape(self.url.replace("feed.xml", key)),
            published=format_datetime(self._published[key]),
            body=escape(body),
        )


async def _read_request(reader: asyncio.StreamReader) -> DemoRequest:
    """Read a request up to the empty line after its headers. Raises ValueError if it is invalid."""
    _method, path, _version = (await reader.readline()).decode("latin-1").split()
    etag = ""
    for _ in range(MAX_REQUEST_LINES):
        name, colon, value = (await reader.readline()).decode("latin-1").partition(":")
        if not colon:
            return DemoRequest(path, etag)
        if name.strip().lower() == "if-none-match":
            etag = value.strip()
    raise ValueError("too many headers")
