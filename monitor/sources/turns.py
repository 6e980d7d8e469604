"""Share a few threads among the polls that ingest entries, so that a long one delays no other for long.

A step of a poll is not interrupted, and comparing a very long entry is one step. So such entries have threads of
their own, which the interpreter runs beside the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from heapq import heappop, heappush
from itertools import count
from typing import Generic, NamedTuple, TypeVar

Poll = TypeVar("Poll")
Step = TypeVar("Step")
# Takes the next step of polls together. Returns each one's step, an exception for a poll that failed, and None for
# one that keeps waiting.
TakeStep = Callable[[list[Poll]], Awaitable[Sequence[Step | Exception | None]]]

# The most characters of an entry in each lane. A lane has one thread: while it commits, a second one would take the
# interpreter from it at each statement, and hold up all workers that wait for the write lock.
LANES = (20_000, 200_000, 2**63)
MAX_POLLS_TOGETHER = 16  # that take a step at once


class Waiting(NamedTuple, Generic[Poll, Step]):
    """A poll that waits for a step. Of several, the one that has worked least goes first."""

    worked_s: float
    number: int
    poll: Poll
    step: asyncio.Future[Step]


class Turns(Generic[Poll, Step]):
    """Runs the steps of polls one after another; polls that wait at the same time take a step together."""

    def __init__(self) -> None:
        self._waiting: list[Waiting[Poll, Step]] = []
        self._numbers = count()
        self._running: asyncio.Task[None] | None = None

    async def next_step(self, poll: Poll, worked_s: float, take_step: TakeStep[Poll, Step]) -> Step:
        """Return the next step of a poll, which has worked for so many seconds before. Raises what ends the poll.

        `take_step` is the same for all polls.
        """
        step: asyncio.Future[Step] = asyncio.get_running_loop().create_future()
        heappush(self._waiting, Waiting(worked_s, next(self._numbers), poll, step))
        if self._running is None:
            self._running = asyncio.create_task(self._run(take_step))
        return await step

    async def _run(self, take_step: TakeStep[Poll, Step]) -> None:
        taken: list[Waiting[Poll, Step]] = []
        try:
            while taken := self._take_waiting():
                await self._run_step(taken, take_step)
        finally:
            self._running = None
            for waiting in (*taken, *self._waiting):  # of which there are none, unless this task is cancelled
                waiting.step.cancel()

    def _take_waiting(self) -> list[Waiting[Poll, Step]]:
        taken: list[Waiting[Poll, Step]] = []
        while self._waiting and len(taken) < MAX_POLLS_TOGETHER:
            waiting = heappop(self._waiting)
            if not waiting.step.done():  # or else it was cancelled
                taken.append(waiting)
        return taken

    async def _run_step(self, taken: Sequence[Waiting[Poll, Step]], take_step: TakeStep[Poll, Step]) -> None:
        steps: Sequence[Step | Exception | None]
        try:
            steps = await take_step([waiting.poll for waiting in taken])
        except Exception as error:
            steps = [error] * len(taken)
        for waiting, step in zip(taken, steps, strict=True):
            if waiting.step.done():
                continue
            if step is None:
                heappush(self._waiting, waiting)
            elif isinstance(step, Exception):
                waiting.step.set_exception(step)
            else:
                waiting.step.set_result(step)


class Lanes(Generic[Poll, Step]):
    """The turns of polls by the length of their longest entry."""

    def __init__(self) -> None:
        self._lanes: list[tuple[int, Turns[Poll, Step]]] = [(max_chars, Turns()) for max_chars in LANES]

    def of_length(self, chars: int) -> Turns[Poll, Step]:
        """Return the turns of polls whose longest entry has so many characters."""
        return next(turns for max_chars, turns in self._lanes if chars <= max_chars)
