"""Politeness towards a host: a few requests at a time, and a pause between the starts of two."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

AT_ONCE = 2  # requests to one host
PAUSE = 0.5  # seconds from the start of one to the start of the next
LONGEST = 30.0  # seconds of the pause that a host may ask for
_MANY = 4096  # hosts that are remembered before idle ones are forgotten


@dataclass(slots=True)
class _Host:
    pause: float
    free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    next: float = 0.0
    waiting: int = 0


class Turns:
    """Whose turn it is at each host. `pause` is in seconds."""

    def __init__(self, pause: float = PAUSE) -> None:
        self._pause = pause
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Waits for one's turn at a host, and keeps it."""
        at = self._host(host)
        at.waiting += 1
        try:
            async with at.free:
                now = time.monotonic()
                start = max(now, at.next)
                at.next = start + at.pause
                await asyncio.sleep(start - now)
                yield
        finally:
            at.waiting -= 1

    def slow(self, host: str, pause: float) -> None:
        """A host asks for a longer pause."""
        self._host(host).pause = max(self._pause, min(pause, LONGEST))

    def _host(self, name: str) -> _Host:
        if name not in self._hosts:
            if len(self._hosts) >= _MANY:
                now = time.monotonic()
                self._hosts = {host: at for host, at in self._hosts.items() if at.waiting or at.next > now}
            self._hosts[name] = _Host(self._pause)
        return self._hosts[name]
