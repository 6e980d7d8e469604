"""The wall clock may be set back, as when a machine that started with a wrong one learns the time.

Whatever was put off until a moment of the old clock would then wait for as long as the clock went back, and
APScheduler's ticks with it.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.base import BaseScheduler

from monitor.errors import StoreError
from monitor.runtime import Runtime
from monitor.store import clock_step

log = structlog.get_logger()

CLOCK_CHECK_INTERVAL_S = 1.0  # seconds between two looks at the clock
MAX_CLOCK_SLEW_S = 1.0  # seconds: less is no step, but the clock's own correction


async def watch_clock_steps(runtime: Runtime, scheduler: BaseScheduler) -> None:
    """Lets everything go on when the clock was set back."""
    previous = runtime.clock()
    while True:
        await asyncio.sleep(CLOCK_CHECK_INTERVAL_S)
        now = runtime.clock()
        if now < previous - MAX_CLOCK_SLEW_S:
            log.warning("the clock was set back", stage="daemon", seconds=round(previous - now))
            for job in scheduler.get_jobs():
                job.modify(next_run_time=datetime.now(UTC))
            try:
                await runtime.run_in_store_thread(rebase_stored_deadlines, runtime)
            except StoreError as error:
                log.error("store failed", stage="daemon", error=str(error))
        previous = now


def rebase_stored_deadlines(runtime: Runtime) -> None:
    """Brings forward what was put off by a clock that has since been set back."""
    with runtime.store.write() as conn:
        clock_step.rebase_deadlines(conn, runtime.clock())
