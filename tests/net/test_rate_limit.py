"""Requests to a host are limited in number, with a pause between their starts."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise

import pytest

from monitor.net.rate_limit import MAX_HOST_DELAY_S, HostRateLimiter


async def make_request(limiter: HostRateLimiter, host: str, starts: list[float], duration_s: float = 0.0) -> None:
    async with limiter.acquire(host):
        starts.append(time.monotonic())
        await asyncio.sleep(duration_s)


async def start_intervals(limiter: HostRateLimiter, *hosts: str) -> list[float]:
    """The seconds between the starts of requests that were all made at once."""
    starts: list[float] = []
    await asyncio.gather(*(make_request(limiter, host, starts) for host in hosts))
    return [after - before for before, after in pairwise(starts)]


async def test_requests_to_a_host_start_at_least_the_delay_apart() -> None:
    assert min(await start_intervals(HostRateLimiter(0.05), "a", "a", "a", "a")) > 0.045


async def test_hosts_do_not_wait_for_each_other() -> None:
    assert sum(await start_intervals(HostRateLimiter(0.2), "a", "b", "c", "d")) < 0.15


async def test_a_host_gets_the_longer_delay_it_requests() -> None:
    limiter = HostRateLimiter(0.01)
    limiter.set_delay("a", 0.1)

    assert min(await start_intervals(limiter, "a", "a", "a")) > 0.09
    limiter.set_delay("a", 0.0)
    assert max(await start_intervals(limiter, "a", "a", "a")) < 0.09


async def test_the_delay_a_host_requests_is_limited() -> None:
    limiter = HostRateLimiter(0.0)
    limiter.set_delay("a", 10.0**9)
    starts: list[float] = []
    await make_request(limiter, "a", starts)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(make_request(limiter, "a", starts), 0.05)
    assert limiter._hosts["a"].next_start - time.monotonic() <= 2 * MAX_HOST_DELAY_S


async def test_a_canceled_request_releases_its_slot() -> None:
    limiter = HostRateLimiter(0.0)
    starts: list[float] = []
    tasks = [asyncio.create_task(make_request(limiter, "a", starts, duration_s=30.0)) for _ in range(4)]
    await asyncio.sleep(0.02)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert len(starts) == 2
    await asyncio.wait_for(make_request(limiter, "a", starts), 1.0)


async def test_idle_hosts_are_dropped() -> None:
    limiter = HostRateLimiter(0.0)
    for number in range(10_000):
        await make_request(limiter, f"host-{number}", [])
    assert len(limiter._hosts) < 5000
