"""Parsing in processes of its own, each with a bound on time and memory.

Hostile input makes parsers loop for minutes or eat a gigabyte, and they hold the interpreter's lock while they
do. Here such a parse is killed alone: the loop, the other parses and the daemon do not feel it.
"""

from __future__ import annotations

import asyncio
import math
import multiprocessing
import os
import resource
import time
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Self

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from monitor.errors import ParseError
from monitor.sources.article import parse_article
from monitor.sources.feed import Feed, parse_feed
from monitor.sources.jsonapi import parse_json
from monitor.sources.page import parse_page
from monitor.sources.reading import Reading

_READERS: dict[str, Callable[[bytes, str, str, Reading], Feed]] = {
    "feed": lambda body, content_type, url, _: parse_feed(body, content_type, url),
    "page": parse_page,
    "json": parse_json,
    "article": parse_article,
}
_OUT_OF_MEMORY = 77  # exit status of a worker that met its bound
_TASKS = 500  # then a worker is replaced, with whatever its memory has become


class Parser:
    """A small pool of workers, started at the first parse. `deadline` is in seconds for each parse, `memory` in
    bytes of address space for each worker. Used as an async context, or closed by hand."""

    def __init__(self, *, workers: int | None = None, deadline: float = 5.0, memory: int = 768 * 2**20) -> None:
        # Never less than two: one that hangs must leave another.
        self._workers = workers or max(2, os.cpu_count() or 2)
        self._deadline = deadline
        self._memory = memory
        self._pool: ProcessPool | None = None
        self._starting = asyncio.Lock()
        self._under_way: set[ProcessFuture[Feed | tuple[str, str]]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.close)

    async def parse(self, how: Reading, body: bytes, content_type: str, url: str) -> Feed:
        """What the body that came from `url` says, read as its source is. ParseError for everything else: its own
        codes, `parse_timeout`, `parse_memory` and `parse_crashed`."""
        try:
            found = await self._read(how, body, content_type, url)
        except BrokenProcessPool:  # a worker was killed from outside; once is no fault of this body
            found = await self._read(how, body, content_type, url)
        if isinstance(found, Feed):
            return found
        raise ParseError(*found)

    async def _read(self, how: Reading, body: bytes, content_type: str, url: str) -> Feed | tuple[str, str]:
        pool = await self._running()
        future = pool.schedule(_read, args=(self._deadline, how, body, content_type, url), timeout=self._deadline)
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        try:
            return await asyncio.wrap_future(future)
        except TimeoutError:
            return "parse_timeout", f"reading the body took more than {self._deadline:g} seconds"
        except ProcessExpired as end:
            if end.exitcode == _OUT_OF_MEMORY:
                return "parse_memory", f"reading the body took more than {self._memory // 2**20} MiB of memory"
            return "parse_crashed", "reading the body made the reader crash"

    async def _running(self) -> ProcessPool:
        """The pool, started or replaced in a thread: starting processes takes a while."""
        async with self._starting:
            if self._pool is None or not self._pool.active:
                await asyncio.to_thread(self.close)
                self._pool = await asyncio.to_thread(_start, self._workers, self._memory)
            return self._pool

    def close(self) -> None:
        """Ends the workers, which takes a moment. Parses under way end with CancelledError."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()  # type: ignore[no-untyped-call]
            for future in tuple(self._under_way):
                future.cancel()  # type: ignore[no-untyped-call]
            pool.join()


def _start(workers: int, memory: int) -> ProcessPool:
    # From a server process that has the reader loaded: no fork of a process with threads, and quick.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "feedparser"])
    pool = ProcessPool(max_workers=workers, max_tasks=_TASKS, initializer=_bound, initargs=(memory,), context=context)
    assert pool.active  # asking starts it
    return pool


def _bound(memory: int) -> None:
    """Bounds the memory of this process; it never leaves a core file of what it was given."""
    _limit(resource.RLIMIT_AS, memory)
    _limit(resource.RLIMIT_CORE, 0)


def _limit(what: int, bound: int) -> None:
    """Lowers a limit of this process; one that the system has set lower stays."""
    _, most = resource.getrlimit(what)
    resource.setrlimit(what, (bound if most == resource.RLIM_INFINITY else min(bound, most), most))


def _read(deadline: float, how: Reading, body: bytes, content_type: str, url: str) -> Feed | tuple[str, str]:
    """Runs in the worker. Errors come back as (code, sentence)."""
    # Should the daemon be killed, nobody is left to watch the deadline: the system then does.
    _limit(resource.RLIMIT_CPU, math.ceil(time.process_time() + deadline) + 1)
    try:
        return _READERS[how.kind](body, content_type, url, how)
    except ParseError as error:
        return error.code, str(error)
    except MemoryError:
        os._exit(_OUT_OF_MEMORY)  # memory that is given back here stays with the process
