"""Delete what is older than `memory` or `keep`, step by step, unless the clock may have jumped."""

from __future__ import annotations

import time
from collections.abc import Iterator

import structlog

from monitor.daemon.reload import drop_removed_rules
from monitor.model import Moment
from monitor.runtime import Runtime
from monitor.store.base import Store
from monitor.store.retention import retention_steps
from monitor.store.retention_clock import ClockWatch, may_delete

log = structlog.get_logger()


async def run_retention(runtime: Runtime, clock_watch: ClockWatch, *, drops_removed: bool) -> None:
    """Do the retention in the store's thread; between two steps, the other work that waits there is done.

    `drops_removed` also drops the matches that are held for removed rules.
    """
    now, settings = runtime.clock(), runtime.config.monitor
    stable_s = clock_watch.stable_seconds(now, time.monotonic())
    if not await runtime.run_in_store_thread(is_clock_trusted, runtime.store, now, stable_s):
        log.warning("clock may have jumped, deleting nothing", stage="daemon", stable=round(stable_s))
        return
    keep_s = None if settings.keep is None else max(settings.keep, settings.memory)
    before = None if keep_s is None else now - keep_s
    steps = retention_steps(runtime.store, since=now - settings.memory, before=before)
    while await runtime.run_in_store_thread(do_next, steps):
        pass
    if drops_removed:
        await runtime.run_in_store_thread(drop_removed_rules, runtime)


def is_clock_trusted(store: Store, now: Moment, stable_s: float) -> bool:
    with store.write() as conn:
        return may_delete(conn, now, stable_s)


def do_next(steps: Iterator[None]) -> bool:
    """Do one step; return False if there was none left."""
    return next(steps, False) is None
