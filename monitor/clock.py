"""The wall clock may be set back, as when a machine that started with a wrong one learns the time.

Whatever was put off until a moment of the old clock would then wait for as long as the clock went back, and
APScheduler's ticks with it.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.base import BaseScheduler

from monitor.engine import Engine
from monitor.errors import StoreError
from monitor.store import setback

log = structlog.get_logger()

LOOK = 1.0  # seconds between two looks at the clock
SLEW = 1.0  # seconds: less is no step, but the clock's own correction


async def mind_clock(engine: Engine, scheduler: BaseScheduler) -> None:
    """Lets everything go on when the clock was set back."""
    last = engine.clock()
    while True:
        await asyncio.sleep(LOOK)
        now = engine.clock()
        if now < last - SLEW:
            log.warning("the clock was set back", stage="daemon", seconds=round(last - now))
            for job in scheduler.get_jobs():
                job.modify(next_run_time=datetime.now(UTC))
            try:
                await engine.in_store(bring_forward, engine)
            except StoreError as error:
                log.error("store failed", stage="daemon", error=str(error))
        last = now


def bring_forward(engine: Engine) -> None:
    """Brings forward what was put off by a clock that has since been set back."""
    with engine.store.write() as conn:
        setback.bring_forward(conn, engine.clock())
