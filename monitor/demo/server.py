"""Serves the demo's story as an RSS feed on the loopback interface, one step at a time.

A plain HTTP server on asyncio: the feed at `/feed.xml` with an ETag, and each entry as a page at `/KEY`, so that
the links in alerts lead somewhere.
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

from monitor.demo.story import STORY, TITLES, Step, entries

HOST = "127.0.0.1"
PATIENCE = 10.0  # seconds in which a request must have come whole
LONGEST_REQUEST = 64  # lines

FEED = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>Eastern brief</title><link>{url}</link>
<description>A made-up feed that shows Claimwatch at work.</description>{items}</channel></rss>
"""
ITEM = """
<item><guid isPermaLink="false">{key}</guid><title>{title}</title><link>{url}</link>
<pubDate>{published}</pubDate><description>{body}</description></item>"""
PAGE = "<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><h1>{title}</h1>{body}</html>\n"


@dataclass(frozen=True, slots=True)
class Request:
    """What matters of a request: its path, and the ETag that the caller has, or ""."""

    path: str
    etag: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: status with its words, type of content, body, ETag or ""."""

    status: str
    content_type: str = "text/plain"
    body: bytes = b""
    etag: str = ""

    def encoded(self) -> bytes:
        etag = f"ETag: {self.etag}\r\n" if self.etag else ""
        head = (
            f"HTTP/1.1 {self.status}\r\n{etag}Content-Type: {self.content_type}; charset=utf-8\r\n"
            f"Content-Length: {len(self.body)}\r\nConnection: close\r\n\r\n"
        )
        return head.encode("ascii") + self.body


class SampleSource:
    """The story on a free port of 127.0.0.1; also an asynchronous context manager.

    It starts at the first step. `advance` goes to the next, and `fetched` waits until the feed of the step at hand
    was sent to somebody.
    """

    def __init__(self) -> None:
        self.url = ""
        self._step = 0
        self._published: dict[str, datetime] = {}
        self._fetched = asyncio.Event()
        self._server: asyncio.Server | None = None

    @property
    def step(self) -> Step:
        """The step at hand."""
        return STORY[self._step]

    async def start(self) -> str:
        """Begin to serve the story's first step; returns the address of the feed. OSError if no port is free."""
        self._server = await asyncio.start_server(self._serve, HOST, 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://{HOST}:{port}/feed.xml"
        self._publish()
        return self.url

    def advance(self) -> Step | None:
        """Change the feed to the story's next step and return it, or None when the story is over."""
        if self._step + 1 == len(STORY):
            return None
        self._step += 1
        self._fetched.clear()
        self._publish()
        return self.step

    async def fetched(self) -> None:
        """Wait until the feed as it stands was fetched."""
        await self._fetched.wait()

    async def stop(self) -> None:
        """Close the port. Twice is as good as once."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def _publish(self) -> None:
        for key in self.step.publish:
            self._published[key] = datetime.now(UTC)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, ValueError, TimeoutError, asyncio.IncompleteReadError):
            async with asyncio.timeout(PATIENCE):
                answer = self._answer(await _request(reader))
                writer.write(answer.encoded())
                await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    def _answer(self, request: Request) -> Answer:
        now = entries(STORY[: self._step + 1])
        key = request.path.strip("/")
        if key == "feed.xml":
            return self._feed(now, request.etag)
        if key not in now:
            return Answer("404 Not Found")
        page = PAGE.format(title=escape(TITLES[key]), body=now[key])
        return Answer("200 OK", "text/html", page.encode())

    def _feed(self, now: Mapping[str, str], known: str) -> Answer:
        """The feed, newest first; a caller who has it already is told so."""
        items = "".join(self._item(key, body) for key, body in reversed(list(now.items())))
        body = FEED.format(url=escape(self.url), items=items).encode()
        etag = f'"{sha256(body).hexdigest()[:16]}"'
        self._fetched.set()
        if known == etag:
            return Answer("304 Not Modified", etag=etag)
        return Answer("200 OK", "application/rss+xml", body, etag)

    def _item(self, key: str, body: str) -> str:
        return ITEM.format(
            key=key,
            title=escape(TITLES[key]),
            url=escape(self.url.replace("feed.xml", key)),
            published=format_datetime(self._published[key]),
            body=escape(body),
        )


async def _request(reader: asyncio.StreamReader) -> Request:
    """Read a request up to its empty line. ValueError if it is none."""
    _method, path, _version = (await reader.readline()).decode("latin-1").split()
    etag = ""
    for _ in range(LONGEST_REQUEST):
        name, colon, value = (await reader.readline()).decode("latin-1").partition(":")
        if not colon:
            return Request(path, etag)
        if name.strip().lower() == "if-none-match":
            etag = value.strip()
    raise ValueError("too many headers")
