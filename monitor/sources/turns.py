"""Share a few threads among the polls that ingest entries, so that a long one delays no other for long.

A step of a poll is not interrupted, and comparing a very long entry is one step. So such entries have threads of
their own, which the interpreter runs beside the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from heapq import heappop, heappush
from itertools import count

# The most characters of an entry in each lane, and how many polls work there at once.
LANES = ((40_000, 2), (200_000, 1), (2**63, 1))
LANE_THREADS = sum(slots for _, slots in LANES)


class Turns:
    """Lets a few polls work at once. Of those that wait, the one that has worked least goes first."""

    def __init__(self, slots: int) -> None:
        self._free = slots
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = count()

    @asynccontextmanager
    async def turn(self, worked_s: float) -> AsyncIterator[None]:
        """Wait for a turn. `worked_s` is how many seconds the poll has worked before."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(worked_s)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, worked_s: float) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (worked_s, next(self._numbers), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        while self._waiting:
            _, _, turn = heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


class Lanes:
    """The turns of polls by the length of their longest entry."""

    def __init__(self) -> None:
        self._lanes = [(max_chars, Turns(slots)) for max_chars, slots in LANES]

    def of_length(self, chars: int) -> Turns:
        """Return the turns of polls whose longest entry has so many characters."""
        return next(turns for max_chars, turns in self._lanes if chars <= max_chars)
