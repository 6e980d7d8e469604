"""Runs parsers in worker processes, with limits on time and memory: a hostile body ends only its own worker."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import nullcontext
from types import TracebackType
from typing import Self

from monitor.errors import ParseError, WorkerKilled
from monitor.heap import LARGE_BYTES, trim_heap
from monitor.process_pool import WorkerPool
from monitor.sources.parse.article import parse_article
from monitor.sources.parse.feed import Feed, parse_feed, warn_if_garbled
from monitor.sources.parse.jsonapi import parse_json
from monitor.sources.parse.options import ParseOptions
from monitor.sources.parse.page import parse_page
from monitor.sources.parse.sitemap import SITEMAP_ROOTS, may_be_sitemap, parse_sitemap
from monitor.sources.parse.xml_tree import root_name, xml_text

LARGE_BODY_BYTES = 200_000  # a larger body takes long to parse


def parse_as_feed(body: bytes, content_type: str, url: str, _: ParseOptions) -> Feed:
    """Parse a feed or a sitemap."""
    text = xml_text(body, content_type) if may_be_sitemap(body) else ""
    return parse_sitemap(text, url) if root_name(text) in SITEMAP_ROOTS else parse_feed(body, content_type, url)


_PARSERS: dict[str, Callable[[bytes, str, str, ParseOptions], Feed]] = {
    "feed": parse_as_feed,
    "page": parse_page,
    "json": parse_json,
    "article": parse_article,
}


class ParserPool:
    """A pool of parser processes. `deadline` is in seconds per parse, `memory` in bytes of address space per worker.
    Use it as an async context manager, or call `close`."""

    def __init__(self, *, workers: int | None = None, deadline: float = 5.0, memory: int = 768 * 2**20) -> None:
        # At least two, so that others are parsed while one hangs.
        worker_count = workers or max(2, os.cpu_count() or 2)
        self._workers = WorkerPool(worker_count=worker_count, deadline_s=deadline, memory_bytes=memory)
        self._large_bodies = asyncio.Semaphore(max(1, worker_count - 1))  # one worker is left for others

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.close)

    async def parse(self, options: ParseOptions, body: bytes, content_type: str, url: str) -> Feed:
        """Parse a body fetched from `url`. Raises ParseError with a code of the parser, or `parse_timeout`,
        `parse_memory` or `parse_crashed`."""
        try:
            async with self._large_bodies if len(body) > LARGE_BODY_BYTES else nullcontext():
                result = await self._workers.run(_parse_in_worker, options, body, content_type, url)
        except WorkerKilled as killed:
            raise ParseError(f"parse_{killed.cause}", f"parsing {killed}") from None
        if isinstance(result, Feed):
            return result
        raise ParseError(*result)

    def close(self) -> None:
        """End the workers. Blocks for a moment. Running parses raise CancelledError."""
        self._workers.close()


def _parse_in_worker(options: ParseOptions, body: bytes, content_type: str, url: str) -> Feed | tuple[str, str]:
    """Runs in the worker. A ParseError is returned as (code, sentence)."""
    try:
        return warn_if_garbled(_PARSERS[options.kind](body, content_type, url, options))
    except ParseError as error:
        return error.code, str(error)
    finally:
        if len(body) > LARGE_BYTES:
            trim_heap()
