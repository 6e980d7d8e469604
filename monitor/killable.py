"""Work in processes of its own, each piece with a bound on time and memory.

What others wrote can make a parser or a template loop for minutes or eat a gigabyte, and hold the interpreter's lock
while it does. Here such a piece of work is killed alone: the loop, the other pieces and the daemon do not feel it.
"""

from __future__ import annotations

import asyncio
import gc
import math
import multiprocessing
import os
import resource
import time
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from monitor.errors import WorkKilled

T = TypeVar("T")

_OUT_OF_MEMORY = 77  # exit status of a worker that met its bound
_TASKS = 500  # then a worker is replaced, with whatever its memory has become
_PRELOADED = ["monitor.sources.worker", "monitor.sources.strict"]  # in the process that workers are forked from


class Killable:
    """A small pool of workers, started at the first piece of work. `deadline` is in seconds for each piece, `memory`
    in bytes of address space for each worker."""

    def __init__(self, *, workers: int, deadline: float, memory: int) -> None:
        self._workers = workers
        self._deadline = deadline
        self._memory = memory
        self._pool: ProcessPool | None = None
        self._starting = asyncio.Lock()
        self._under_way: set[ProcessFuture[Any]] = set()

    async def run(self, work: Callable[..., T], *args: object) -> T:
        """What `work`, a function of a module, returns or raises in a worker. WorkKilled if it met a bound."""
        try:
            return await self._run(work, args)
        except BrokenProcessPool:  # a worker was killed from outside; once is no fault of this work
            return await self._run(work, args)

    async def _run(self, work: Callable[..., T], args: tuple[object, ...]) -> T:
        pool = await self._running()
        future = pool.schedule(_work, args=(self._deadline, work, *args), timeout=self._deadline)
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        try:
            found: T = await asyncio.wrap_future(future)
        except TimeoutError:
            raise WorkKilled("timeout", f"took more than {self._deadline:g} seconds") from None
        except ProcessExpired as end:
            if end.exitcode == _OUT_OF_MEMORY:
                sentence = f"took more than {self._memory // 2**20} MiB of memory"
                raise WorkKilled("memory", sentence) from None
            raise WorkKilled("crashed", "made the process crash") from None
        return found

    async def _running(self) -> ProcessPool:
        """The pool, started or replaced in a thread: starting processes takes a while."""
        async with self._starting:
            if self._pool is None or not self._pool.active:
                await asyncio.to_thread(self.close)
                self._pool = await asyncio.to_thread(_start, self._workers, self._memory)
            return self._pool

    def close(self) -> None:
        """Ends the workers, which takes a moment. What is under way ends with CancelledError."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()  # type: ignore[no-untyped-call]
            for future in tuple(self._under_way):
                future.cancel()  # type: ignore[no-untyped-call]
            pool.join()


def _start(workers: int, memory: int) -> ProcessPool:
    # From a server process that has the readers loaded: no fork of a process with threads, and quick.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    pool = ProcessPool(max_workers=workers, max_tasks=_TASKS, initializer=_bound, initargs=(memory,), context=context)
    assert pool.active  # asking starts it
    return pool


def _bound(memory: int) -> None:
    """Bounds the memory of this process; it never leaves a core file of what it was given."""
    gc.freeze()  # what it shares with the others stays shared: a collection would write to all of it
    _limit(resource.RLIMIT_AS, memory)
    _limit(resource.RLIMIT_CORE, 0)


def _limit(what: int, bound: int) -> None:
    """Lowers a limit of this process; one that the system has set lower stays."""
    _, most = resource.getrlimit(what)
    resource.setrlimit(what, (bound if most == resource.RLIM_INFINITY else min(bound, most), most))


def _work(deadline: float, work: Callable[..., T], *args: object) -> T:
    """Runs in the worker."""
    # Should the daemon be killed, nobody is left to watch the deadline: the system then does.
    _limit(resource.RLIMIT_CPU, math.ceil(time.process_time() + deadline) + 1)
    try:
        return work(*args)
    except MemoryError:
        os._exit(_OUT_OF_MEMORY)  # memory that is given back here stays with the process
