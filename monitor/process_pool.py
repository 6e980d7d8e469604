"""Run work in separate processes, with a limit on time and memory for each task.

A hostile document can make a parser or a template loop for minutes or take gigabytes, while it holds the interpreter
lock. In a worker process such a task is killed without any effect on the event loop, other tasks or the daemon.
"""

from __future__ import annotations

import asyncio
import gc
import math
import multiprocessing
import os
import resource
import threading
import time
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from monitor.errors import WorkerKilled

T = TypeVar("T")

_POOL_CHECK_S = 1.0
_EXIT_OUT_OF_MEMORY = 77  # exit status of a worker that reached its memory limit
_MAX_TASKS_PER_WORKER = 500  # then the worker is replaced, so that leaked memory is freed
_PRELOADED_MODULES = ["monitor.sources.parse.preload"]  # in the server process that workers are forked from


class WorkerPool:
    """A pool of worker processes, started with the first task.

    `deadline_s` limits each task; `memory_bytes` limits the address space of each worker.
    """

    def __init__(self, *, worker_count: int, deadline_s: float, memory_bytes: int) -> None:
        self._worker_count = worker_count
        self._deadline_s = deadline_s
        self._memory_bytes = memory_bytes
        self._pool: ProcessPool | None = None
        self._is_closed = False
        self._start_lock = asyncio.Lock()
        self._pool_lock = threading.Lock()  # of `_pool`, which threads start and stop
        self._pending: set[ProcessFuture[Any]] = set()

    async def run(self, function: Callable[..., T], *args: object) -> T:
        """Call a module-level function in a worker. Raises what it raises, or WorkerKilled if it exceeds a limit."""
        try:
            return await self._run_once(function, args)
        except BrokenProcessPool:  # a worker was killed from outside, which need not be this task's fault
            return await self._run_once(function, args)

    async def _run_once(self, function: Callable[..., T], args: tuple[object, ...]) -> T:
        pool = await self._started_pool()
        future = pool.schedule(_run_in_worker, args=(self._deadline_s, function, *args), timeout=self._deadline_s)
        self._pending.add(future)
        future.add_done_callback(self._pending.discard)
        try:
            result: T = await _result(pool, future)
        except TimeoutError:
            raise WorkerKilled("timeout", f"took more than {self._deadline_s:g} seconds") from None
        except ProcessExpired as expired:
            if expired.exitcode == _EXIT_OUT_OF_MEMORY:
                sentence = f"took more than {self._memory_bytes // 2**20} MiB of memory"
                raise WorkerKilled("memory", sentence) from None
            raise WorkerKilled("crashed", "crashed the process") from None
        return result

    async def _started_pool(self) -> ProcessPool:
        """Return the running pool. Starts or replaces it in a thread, since starting processes takes a while."""
        async with self._start_lock:
            pool = self._pool
            if pool is None or not pool.active:
                pool = await asyncio.to_thread(self._replace_pool)
            return pool

    def _replace_pool(self) -> ProcessPool:
        """Start a new pool. A task that is canceled meanwhile leaves it to `close`."""
        with self._pool_lock:
            self._stop_pool()
            if self._is_closed:
                raise asyncio.CancelledError
            self._pool = _start_pool(self._worker_count, self._memory_bytes)
            return self._pool

    def close(self) -> None:
        """Stop the workers for good and wait for them. Running tasks end with CancelledError."""
        with self._pool_lock:
            self._is_closed = True
            self._stop_pool()

    def _stop_pool(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.stop()  # type: ignore[no-untyped-call]
            for future in tuple(self._pending):
                future.cancel()  # type: ignore[no-untyped-call]
            pool.join()


async def _result(pool: ProcessPool, future: ProcessFuture[T]) -> T:
    """Wait for a task. Raises BrokenProcessPool if the pool ended without an answer: its futures never end then."""
    waiting = asyncio.wrap_future(future)
    try:
        while not (await asyncio.wait({waiting}, timeout=_POOL_CHECK_S))[0]:
            if not pool.active:
                raise BrokenProcessPool("the worker processes ended")
    finally:
        waiting.cancel()
    return await waiting


def _start_pool(worker_count: int, memory_bytes: int) -> ProcessPool:
    # A fork server avoids forking a process with threads, and starts workers fast: it has the parsers loaded.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED_MODULES)
    pool = ProcessPool(
        max_workers=worker_count,
        max_tasks=_MAX_TASKS_PER_WORKER,
        initializer=_limit_resources,
        initargs=(memory_bytes,),
        context=context,
    )
    assert pool.active  # reading this property starts the workers
    return pool


def _limit_resources(memory_bytes: int) -> None:
    """Limit the memory of this process, and turn off core files, which would contain the documents."""
    gc.freeze()  # keeps pages shared with the fork server: a collection would write to all of them
    _lower_limit(resource.RLIMIT_AS, memory_bytes)
    _lower_limit(resource.RLIMIT_CORE, 0)


def _lower_limit(resource_id: int, bound: int) -> None:
    """Set a soft limit of this process, at most to its hard limit."""
    _, hard_limit = resource.getrlimit(resource_id)
    soft_limit = bound if hard_limit == resource.RLIM_INFINITY else min(bound, hard_limit)
    resource.setrlimit(resource_id, (soft_limit, hard_limit))


def _run_in_worker(deadline_s: float, function: Callable[..., T], *args: object) -> T:
    # The daemon enforces the deadline. If it is killed, this limit ends a looping worker.
    _lower_limit(resource.RLIMIT_CPU, math.ceil(time.process_time() + deadline_s) + 1)
    try:
        return function(*args)
    except MemoryError:
        os._exit(_EXIT_OUT_OF_MEMORY)  # the process would keep the memory that it took
