"""Politeness towards a host: so many at a time, so long between two."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise

import pytest

from monitor.net.rate_limit import MAX_HOST_DELAY_S, HostRateLimiter


async def visit(turns: HostRateLimiter, host: str, starts: list[float], stay: float = 0.0) -> None:
    async with turns.acquire(host):
        starts.append(time.monotonic())
        await asyncio.sleep(stay)


async def begun(turns: HostRateLimiter, *hosts: str) -> list[float]:
    """The seconds from start to start of visits that all want to begin at once."""
    starts: list[float] = []
    await asyncio.gather(*(visit(turns, host, starts) for host in hosts))
    return [after - before for before, after in pairwise(starts)]


async def test_two_requests_to_a_host_start_a_pause_apart() -> None:
    assert min(await begun(HostRateLimiter(0.05), "a", "a", "a", "a")) > 0.045


async def test_hosts_do_not_wait_for_one_another() -> None:
    assert sum(await begun(HostRateLimiter(0.2), "a", "b", "c", "d")) < 0.15


async def test_a_host_that_asks_for_a_longer_pause_gets_it() -> None:
    turns = HostRateLimiter(0.01)
    turns.set_delay("a", 0.1)

    assert min(await begun(turns, "a", "a", "a")) > 0.09
    turns.set_delay("a", 0.0)
    assert max(await begun(turns, "a", "a", "a")) < 0.09


async def test_a_host_cannot_ask_for_a_pause_without_end() -> None:
    turns = HostRateLimiter(0.0)
    turns.set_delay("a", 10.0**9)
    starts: list[float] = []
    await visit(turns, "a", starts)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(visit(turns, "a", starts), 0.05)
    assert turns._hosts["a"].next_start - time.monotonic() <= 2 * MAX_HOST_DELAY_S


async def test_who_gives_up_waiting_leaves_the_turn_to_others() -> None:
    turns = HostRateLimiter(0.0)
    starts: list[float] = []
    visits = [asyncio.create_task(visit(turns, "a", starts, stay=30.0)) for _ in range(4)]
    await asyncio.sleep(0.02)
    for one in visits:
        one.cancel()
    await asyncio.gather(*visits, return_exceptions=True)
    assert len(starts) == 2
    await asyncio.wait_for(visit(turns, "a", starts), 1.0)


async def test_hosts_that_are_idle_are_forgotten() -> None:
    turns = HostRateLimiter(0.0)
    for number in range(10_000):
        await visit(turns, f"host-{number}", [])
    assert len(turns._hosts) < 5000
