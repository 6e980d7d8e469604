"""Parsing in processes of its own: a body that makes a parser loop or swell is killed alone."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from types import TracebackType
from typing import Self

from monitor.errors import ParseError, WorkerKilled
from monitor.process_pool import WorkerPool
from monitor.sources.parse.article import parse_article
from monitor.sources.parse.feed import Feed, parse_feed
from monitor.sources.parse.jsonapi import parse_json
from monitor.sources.parse.options import ParseOptions
from monitor.sources.parse.page import parse_page

_PARSERS: dict[str, Callable[[bytes, str, str, ParseOptions], Feed]] = {
    "feed": lambda body, content_type, url, _: parse_feed(body, content_type, url),
    "page": parse_page,
    "json": parse_json,
    "article": parse_article,
}


class ParserPool:
    """Reads bodies in a small pool of workers. `deadline` is in seconds for each parse, `memory` in bytes of address
    space for each worker. Used as an async context, or closed by hand."""

    def __init__(self, *, workers: int | None = None, deadline: float = 5.0, memory: int = 768 * 2**20) -> None:
        # Never less than two: one that hangs must leave another.
        self._workers = WorkerPool(
            worker_count=workers or max(2, os.cpu_count() or 2), deadline_s=deadline, memory_bytes=memory
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.close)

    async def parse(self, options: ParseOptions, body: bytes, content_type: str, url: str) -> Feed:
        """What the body that came from `url` says, read as its source is. ParseError for everything else: its own
        codes, `parse_timeout`, `parse_memory` and `parse_crashed`."""
        try:
            result = await self._workers.run(_parse_in_worker, options, body, content_type, url)
        except WorkerKilled as killed:
            raise ParseError(f"parse_{killed.cause}", f"reading the body {killed}") from None
        if isinstance(result, Feed):
            return result
        raise ParseError(*result)

    def close(self) -> None:
        """Ends the workers, which takes a moment. Parses under way end with CancelledError."""
        self._workers.close()


def _parse_in_worker(options: ParseOptions, body: bytes, content_type: str, url: str) -> Feed | tuple[str, str]:
    """Runs in the worker. Errors come back as (code, sentence)."""
    try:
        return _PARSERS[options.kind](body, content_type, url, options)
    except ParseError as error:
        return error.code, str(error)
