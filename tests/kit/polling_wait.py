"""Wait for a condition, with a timeout."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


async def wait_until(condition: Callable[[], bool], seconds: float) -> float:
    """Wait until the condition is true and return how long that took. Fails after `seconds`."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, f"the condition was not true within {seconds} seconds"
        await asyncio.sleep(0.02)
    return time.monotonic() - started
