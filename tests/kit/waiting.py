"""Wait for a condition, with a timeout."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable


async def wait_until(condition: Callable[[], bool | Awaitable[bool]], seconds: float) -> float:
    """Wait until the condition is true and return how long that took. Fails after `seconds`."""
    started = time.monotonic()
    while not await is_true(condition):
        assert time.monotonic() - started < seconds, f"the condition was not true within {seconds} seconds"
        await asyncio.sleep(0.02)
    return time.monotonic() - started


async def is_true(condition: Callable[[], bool | Awaitable[bool]]) -> bool:
    result = condition()
    return await result if inspect.isawaitable(result) else bool(result)


def block_until(condition: Callable[[], bool], seconds: float = 30.0) -> float:
    """The same in tests without an event loop."""
    return asyncio.run(wait_until(condition, seconds))
