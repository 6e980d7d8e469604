"""Request a URL after each round in which polling, storing and delivering all worked, for a dead man's switch.

A service that expects the request raises the alarm when it stays out, also when the whole machine is down.
"""

from __future__ import annotations

import asyncio
import time
from urllib.parse import urlsplit

from monitor import metrics
from monitor.daemon.faults import FaultLog
from monitor.daemon.health import Health
from monitor.daemon.probes import ROUND_S
from monitor.errors import FetchError
from monitor.net.response import Request
from monitor.runtime import Runtime

HEARTBEAT_TIMEOUT_S = 10.0
FIRST_CHECK_S = 5.0  # between two looks whether a round has worked, before the first one and after one that failed


async def send_heartbeats(runtime: Runtime, health: Health, faults: FaultLog, check_s: float = FIRST_CHECK_S) -> None:
    """Send heartbeats until cancelled. Of several workers, only the first one does, for all of them."""
    while runtime.worker.number == 1:
        settings, started = runtime.config.heartbeat, time.monotonic()
        if settings.url is None or not has_round_worked(runtime, health, settings.every):
            await asyncio.sleep(check_s)
            continue
        await send_heartbeat(runtime, settings.url.get_secret_value(), faults)
        await asyncio.sleep(max(1.0, settings.every - (time.monotonic() - started)))


def has_round_worked(runtime: Runtime, health: Health, every: float) -> bool:
    """Return whether everything has succeeded since the last heartbeat, in all workers."""
    return health.worked_within(max(every, ROUND_S)) and health.assess_health(runtime.clock()).is_ok


async def send_heartbeat(runtime: Runtime, url: str, faults: FaultLog) -> None:
    """Send one heartbeat. A failure is logged without the path of the URL, which is a secret."""
    try:
        async with asyncio.timeout(HEARTBEAT_TIMEOUT_S):
            await runtime.fetcher.fetch(Request(url))
    except (FetchError, TimeoutError) as error:
        cause = error.code.replace("_", " ") if isinstance(error, FetchError) else "no answer in time"
        sentence = f"the heartbeat to {urlsplit(url).hostname} failed: {cause}"
        faults.record_failure("heartbeat failed", "heartbeat", sentence)
        metrics.count("heartbeats", "failed")
    else:
        metrics.count("heartbeats", "ok")
        faults.record_success("heartbeat")
