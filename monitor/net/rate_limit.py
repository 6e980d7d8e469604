"""Politeness towards a host: a few requests at a time, and a pause between the starts of two."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

MAX_HOST_REQUESTS = 2  # requests to one host
MIN_HOST_DELAY_S = 0.5  # seconds from the start of one to the start of the next
MAX_HOST_DELAY_S = 30.0  # seconds of the pause that a host may ask for
_MAX_HOSTS = 4096  # hosts that are remembered before idle ones are forgotten


@dataclass(slots=True)
class _HostState:
    delay: float
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_HOST_REQUESTS))
    next_start: float = 0.0
    waiting: int = 0


class HostRateLimiter:
    """Whose turn it is at each host. `pause` is in seconds."""

    def __init__(self, delay: float = MIN_HOST_DELAY_S) -> None:
        self._default_delay = delay
        self._hosts: dict[str, _HostState] = {}

    @asynccontextmanager
    async def acquire(self, host: str) -> AsyncIterator[None]:
        """Waits for one's turn at a host, and keeps it."""
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
        """A host asks for a longer pause."""
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
