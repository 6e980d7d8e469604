"""Handle a wall clock that is set back, for example when a machine that booted with a wrong time synchronizes it.

Deadlines computed with the old clock, including APScheduler's ticks, would otherwise be late by the size of the step.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.base import BaseScheduler

from monitor.errors import StoreError
from monitor.runtime import Runtime
from monitor.store import clock_step
from monitor.store.retention_clock import ClockWatch

log = structlog.get_logger()

CLOCK_CHECK_INTERVAL_S = 1.0
MAX_CLOCK_SLEW_S = 1.0  # a smaller step back is a regular correction by the time service


async def watch_clock_steps(runtime: Runtime, scheduler: BaseScheduler, clock_watch: ClockWatch) -> None:
    """Reschedule the ticks and rebase the stored deadlines whenever the clock is set back. Runs until cancelled.

    `clock_watch` sees each step, also one ahead.
    """
    previous = runtime.clock()
    while True:
        await asyncio.sleep(CLOCK_CHECK_INTERVAL_S)
        now = runtime.clock()
        clock_watch.stable_seconds(now, time.monotonic())
        if now < previous - MAX_CLOCK_SLEW_S:
            log.warning("clock set back", stage="daemon", seconds=round(previous - now))
            for job in scheduler.get_jobs():
                job.modify(next_run_time=datetime.now(UTC))
            try:
                await runtime.run_in_store_thread(rebase_stored_deadlines, runtime)
            except StoreError as error:
                log.error("store failed", stage="daemon", error=str(error))
        previous = now


def rebase_stored_deadlines(runtime: Runtime) -> None:
    """Bring forward the stored deadlines that were written while the clock was ahead."""
    with runtime.store.write() as conn:
        clock_step.rebase_deadlines(conn, runtime.clock())
