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

from monitor.errors import WorkerKilled

T = TypeVar("T")

_EXIT_OUT_OF_MEMORY = 77  # exit status of a worker that met its bound
_MAX_TASKS_PER_WORKER = 500  # then a worker is replaced, with whatever its memory has become
_PRELOADED_MODULES = [
    "monitor.sources.parse.pool",
    "monitor.sources.parse.item_isolation",
]  # in the process that workers are forked from


class WorkerPool:
    """A small pool of workers, started at the first piece of work. `deadline` is in seconds for each piece, `memory`
    in bytes of address space for each worker."""

    def __init__(self, *, worker_count: int, deadline_s: float, memory_bytes: int) -> None:
        self._worker_count = worker_count
        self._deadline_s = deadline_s
        self._memory_bytes = memory_bytes
        self._pool: ProcessPool | None = None
        self._start_lock = asyncio.Lock()
        self._pending: set[ProcessFuture[Any]] = set()

    async def run(self, function: Callable[..., T], *args: object) -> T:
        """What `work`, a function of a module, returns or raises in a worker. WorkKilled if it met a bound."""
        try:
            return await self._run_once(function, args)
        except BrokenProcessPool:  # a worker was killed from outside; once is no fault of this work
            return await self._run_once(function, args)

    async def _run_once(self, function: Callable[..., T], args: tuple[object, ...]) -> T:
        pool = await self._started_pool()
        future = pool.schedule(_run_in_worker, args=(self._deadline_s, function, *args), timeout=self._deadline_s)
        self._pending.add(future)
        future.add_done_callback(self._pending.discard)
        try:
            result: T = await asyncio.wrap_future(future)
        except TimeoutError:
            raise WorkerKilled("timeout", f"took more than {self._deadline_s:g} seconds") from None
        except ProcessExpired as expired:
            if expired.exitcode == _EXIT_OUT_OF_MEMORY:
                sentence = f"took more than {self._memory_bytes // 2**20} MiB of memory"
                raise WorkerKilled("memory", sentence) from None
            raise WorkerKilled("crashed", "made the process crash") from None
        return result

    async def _started_pool(self) -> ProcessPool:
        """The pool, started or replaced in a thread: starting processes takes a while."""
        async with self._start_lock:
            if self._pool is None or not self._pool.active:
                await asyncio.to_thread(self.close)
                self._pool = await asyncio.to_thread(_start_pool, self._worker_count, self._memory_bytes)
            return self._pool

    def close(self) -> None:
        """Ends the workers, which takes a moment. What is under way ends with CancelledError."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()  # type: ignore[no-untyped-call]
            for future in tuple(self._pending):
                future.cancel()  # type: ignore[no-untyped-call]
            pool.join()


def _start_pool(worker_count: int, memory_bytes: int) -> ProcessPool:
    # From a server process that has the readers loaded: no fork of a process with threads, and quick.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED_MODULES)
    pool = ProcessPool(
        max_workers=worker_count,
        max_tasks=_MAX_TASKS_PER_WORKER,
        initializer=_limit_resources,
        initargs=(memory_bytes,),
        context=context,
    )
    assert pool.active  # asking starts it
    return pool


def _limit_resources(memory_bytes: int) -> None:
    """Bounds the memory of this process; it never leaves a core file of what it was given."""
    gc.freeze()  # what it shares with the others stays shared: a collection would write to all of it
    _lower_limit(resource.RLIMIT_AS, memory_bytes)
    _lower_limit(resource.RLIMIT_CORE, 0)


def _lower_limit(resource_id: int, bound: int) -> None:
    """Lowers a limit of this process; one that the system has set lower stays."""
    _, hard_limit = resource.getrlimit(resource_id)
    resource.setrlimit(
        resource_id, (bound if hard_limit == resource.RLIM_INFINITY else min(bound, hard_limit), hard_limit)
    )


def _run_in_worker(deadline_s: float, function: Callable[..., T], *args: object) -> T:
    """Runs in the worker."""
    # Should the daemon be killed, nobody is left to watch the deadline: the system then does.
    _lower_limit(resource.RLIMIT_CPU, math.ceil(time.process_time() + deadline_s) + 1)
    try:
        return function(*args)
    except MemoryError:
        os._exit(_EXIT_OUT_OF_MEMORY)  # memory that is given back here stays with the process
