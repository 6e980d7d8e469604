"""Limits the requests to each host: a few at a time, with a pause between their starts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

MAX_HOST_REQUESTS = 2  # concurrent requests to one host
MIN_HOST_DELAY_S = 0.5  # from the start of one request to the start of the next
MAX_HOST_DELAY_S = 30.0  # the longest pause that a host can request
_MAX_HOSTS = 4096  # with more, idle hosts are dropped


@dataclass(slots=True)
class _HostState:
    delay: float
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_HOST_REQUESTS))
    next_start: float = 0.0
    waiting: int = 0


class HostRateLimiter:
    """The request slots of all hosts. `delay` is the default pause in seconds."""

    def __init__(self, delay: float = MIN_HOST_DELAY_S) -> None:
        self._default_delay = delay
        self._hosts: dict[str, _HostState] = {}

    @asynccontextmanager
    async def acquire(self, host: str) -> AsyncIterator[None]:
        """Wait for a slot of a host, and keep it while the context is open."""
        state = self._state_of(host)
        state.waiting += 1
        try:
            async with state.slots:
                now = time.monotonic()
                start = max(now, state.next_start)
                state.next_start = start + state.delay
                await asyncio.sleep(start - now)
                yield
        finally:
            state.waiting -= 1

    def set_delay(self, host: str, delay: float) -> None:
        """Set the pause in seconds that a host requests, at least the default and at most MAX_HOST_DELAY_S."""
        self._state_of(host).delay = max(self._default_delay, min(delay, MAX_HOST_DELAY_S))

    def _state_of(self, host: str) -> _HostState:
        if host not in self._hosts:
            if len(self._hosts) >= _MAX_HOSTS:
                now = time.monotonic()
                self._hosts = {
                    known_host: state
                    for known_host, state in self._hosts.items()
                    if state.waiting or state.next_start > now
                }
            self._hosts[host] = _HostState(self._default_delay)
        return self._hosts[host]
