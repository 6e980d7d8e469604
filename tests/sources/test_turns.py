"""Polls that ingest entries take turns; the one that has worked least goes first, and those that wait join it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from monitor.sources.turns import MAX_POLLS_TOGETHER, Turns


class Steps:
    """Takes the steps of polls, of `room` at once; each returns its name. `groups` are the polls of each step."""

    def __init__(self, room: int = 99) -> None:
        self.room = room
        self.groups: list[list[str]] = []
        self.failing: Exception | None = None
        self.gate = asyncio.Event()

    async def take(self, polls: list[str]) -> Sequence[str | Exception | None]:
        self.groups.append(polls)
        await self.gate.wait()
        if self.failing:
            raise self.failing
        return [ValueError(poll) if poll == "bad" else poll for poll in polls[: self.room]] + [None] * (
            len(polls) - self.room
        )


async def start_in_order(turns: Turns[str, str], steps: Steps, *polls: tuple[str, float]) -> list[asyncio.Task[str]]:
    tasks = []
    for name, worked_s in polls:
        tasks.append(asyncio.create_task(turns.next_step(name, worked_s, steps.take)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    return tasks


def test_the_poll_that_has_worked_least_goes_first() -> None:
    async def scenario() -> list[list[str]]:
        turns, steps = Turns[str, str](), Steps(room=1)
        waiting = [("first", 0.0), ("long", 9.0), ("longer", 12.0), ("new", 0.0), ("newer", 0.0)]
        tasks = await start_in_order(turns, steps, *waiting)
        steps.gate.set()
        assert await asyncio.gather(*tasks) == [name for name, _ in waiting]
        return steps.groups

    groups = asyncio.run(scenario())
    assert [group[0] for group in groups] == ["first", "new", "newer", "long", "longer"]


def test_polls_that_wait_take_a_step_together() -> None:
    async def scenario() -> list[int]:
        turns, steps = Turns[str, str](), Steps()
        polls = [(f"poll {number}", 0.0) for number in range(MAX_POLLS_TOGETHER + 3)]
        tasks = await start_in_order(turns, steps, *polls)
        steps.gate.set()
        await asyncio.gather(*tasks)
        return [len(group) for group in steps.groups]

    assert asyncio.run(scenario()) == [1, MAX_POLLS_TOGETHER, 2]


def test_a_poll_that_fails_ends_no_other() -> None:
    async def scenario() -> list[str | BaseException]:
        turns, steps = Turns[str, str](), Steps()
        tasks = await start_in_order(turns, steps, ("first", 0.0), ("good", 0.0), ("bad", 0.0), ("other", 0.0))
        steps.gate.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    first, good, bad, other = asyncio.run(scenario())
    assert (first, good, other) == ("first", "good", "other")
    assert isinstance(bad, ValueError)


def test_an_error_of_a_step_ends_its_polls_and_no_later_ones() -> None:
    async def scenario() -> str:
        turns, steps = Turns[str, str](), Steps()
        tasks = await start_in_order(turns, steps, ("first", 0.0))
        steps.failing = OSError("disk")
        steps.gate.set()
        with pytest.raises(OSError, match="disk"):
            await tasks[0]
        steps.failing = None
        return await turns.next_step("next", 0.0, steps.take)

    assert asyncio.run(scenario()) == "next"


def test_a_cancelled_poll_takes_no_step_and_holds_up_no_other() -> None:
    async def scenario() -> list[list[str]]:
        turns, steps = Turns[str, str](), Steps()
        first, waiting, last = await start_in_order(turns, steps, ("first", 0.0), ("cancelled", 0.0), ("last", 1.0))
        waiting.cancel()
        first.cancel()  # while its step is taken
        await asyncio.sleep(0)
        steps.gate.set()
        async with asyncio.timeout(1):
            assert await last == "last"
            assert await turns.next_step("free again", 0.0, steps.take) == "free again"
        return steps.groups

    assert asyncio.run(scenario()) == [["first"], ["last"], ["free again"]]
