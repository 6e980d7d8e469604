"""Polls that ingest entries take turns; the one that has worked least goes first."""

from __future__ import annotations

import asyncio

from monitor.sources.turns import Turns


async def use_turn(turns: Turns, worked_s: float, name: str, order: list[str], hold: asyncio.Event) -> None:
    async with turns.turn(worked_s):
        order.append(name)
        await hold.wait()


def test_the_poll_that_has_worked_least_goes_first() -> None:
    async def scenario() -> list[str]:
        turns, order, hold = Turns(1), list[str](), asyncio.Event()
        waiting = [("first", 0.0), ("long", 9.0), ("longer", 12.0), ("new", 0.0), ("newer", 0.0)]
        tasks = []
        for name, worked_s in waiting:
            tasks.append(asyncio.create_task(use_turn(turns, worked_s, name, order, hold)))
            await asyncio.sleep(0)
        hold.set()
        await asyncio.gather(*tasks)
        return order

    assert asyncio.run(scenario()) == ["first", "new", "newer", "long", "longer"]


def test_no_more_polls_work_at_once_than_there_are_turns() -> None:
    async def scenario() -> int:
        turns, order, hold = Turns(2), list[str](), asyncio.Event()
        tasks = [asyncio.create_task(use_turn(turns, 0.0, str(n), order, hold)) for n in range(5)]
        await asyncio.sleep(0.01)
        working = len(order)
        hold.set()
        await asyncio.gather(*tasks)
        return working

    assert asyncio.run(scenario()) == 2


def test_a_cancelled_poll_gives_its_turn_to_the_next() -> None:
    async def scenario() -> list[str]:
        turns, order, hold = Turns(1), list[str](), asyncio.Event()
        first = asyncio.create_task(use_turn(turns, 0.0, "first", order, hold))
        await asyncio.sleep(0)
        waiting = asyncio.create_task(use_turn(turns, 0.0, "cancelled while it waits", order, hold))
        last = asyncio.create_task(use_turn(turns, 1.0, "last", order, hold))
        await asyncio.sleep(0)
        waiting.cancel()
        first.cancel()
        await asyncio.sleep(0.01)
        hold.set()
        await last
        async with asyncio.timeout(1), turns.turn(0.0):
            order.append("free again")
        return order

    assert asyncio.run(scenario()) == ["first", "last", "free again"]


def test_a_turn_given_to_a_poll_that_is_cancelled_at_that_moment_is_passed_on() -> None:
    async def scenario() -> list[str]:
        turns, order, hold = Turns(1), list[str](), asyncio.Event()
        async with turns.turn(0.0):
            waiting = asyncio.create_task(use_turn(turns, 0.0, "waits", order, hold))
            await asyncio.sleep(0)
        waiting.cancel()  # its turn has been given, but it has not run since
        await asyncio.gather(waiting, return_exceptions=True)
        async with asyncio.timeout(1), turns.turn(0.0):
            order.append("next")
        return order

    assert asyncio.run(scenario()) == ["next"]
