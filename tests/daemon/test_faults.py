"""A lasting fault is logged when it begins, every few minutes, and when it is over."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from monitor.daemon import faults as faults_module
from monitor.daemon.faults import REPEAT_S, FaultLog, LoopFaults

FULL = "the disk is full"
NO_DESCRIPTORS = {"message": "accept failed\nsocket: <fd=12>", "exception": OSError(24, "Too many open files")}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def failed(faults: FaultLog, name: str, sentence: str = FULL) -> list[Any]:
    with capture_logs() as lines:
        faults.record_failure("store failed", name, sentence)
    return lines


def succeeded(faults: FaultLog, name: str) -> list[Any]:
    with capture_logs() as lines:
        faults.record_success(name)
    return lines


def test_the_same_failure_of_many_actions_is_one_line() -> None:
    faults = FaultLog(Clock())
    lines = [line for name in ("poll", "deliver", "poll", "ferries") for line in failed(faults, name)]
    assert [(line["event"], line["error"]) for line in lines] == [("store failed", FULL)]


def test_a_different_failure_is_logged_separately() -> None:
    faults = FaultLog(Clock())
    assert failed(faults, "poll")
    assert failed(faults, "deliver", "the database is locked")


def test_a_lasting_failure_is_logged_again_with_the_number_of_suppressed_lines() -> None:
    clock = Clock()
    faults = FaultLog(clock)
    failed(faults, "poll")
    for _ in range(3):
        clock.now += 1.0
        assert failed(faults, "poll") == []
    clock.now = REPEAT_S
    (line,) = failed(faults, "poll")
    assert (line["more"], line["for_s"]) == (4, 300)
    clock.now += 1.0
    assert failed(faults, "poll") == []


def test_a_fault_is_over_when_all_actions_that_failed_succeed() -> None:
    clock = Clock()
    faults = FaultLog(clock)
    failed(faults, "poll")
    failed(faults, "deliver")
    assert succeeded(faults, "poll") == []
    clock.now = 42.0
    (line,) = succeeded(faults, "deliver")
    assert (line["event"], line["error"], line["more"], line["for_s"]) == ("fault is over", FULL, 1, 42)
    assert failed(faults, "poll"), "a fault that begins again is logged again"


def test_an_action_that_fails_in_another_way_no_longer_counts_for_the_first_fault() -> None:
    faults = FaultLog(Clock())
    failed(faults, "poll")
    with capture_logs() as lines:
        faults.record_failure("store failed", "poll", "the database is locked")
    assert [line["event"] for line in lines] == ["fault is over", "store failed"]


async def test_failures_of_the_event_loop_are_one_line_and_are_over_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(faults_module, "LOOP_QUIET_S", 0.05)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(LoopFaults(FaultLog()))
    with capture_logs() as lines:
        for _ in range(1000):
            loop.call_exception_handler(dict(NO_DESCRIPTORS))
        await asyncio.sleep(0.2)
    assert [(line["event"], line["error"]) for line in lines] == [
        ("unexpected failure", "accept failed: [Errno 24] Too many open files"),
        ("fault is over", "accept failed: [Errno 24] Too many open files"),
    ]
    assert not lines[0]["exc_info"], "the cause is known"


async def test_a_bug_in_the_event_loop_has_its_traceback() -> None:
    with capture_logs() as lines:
        LoopFaults(FaultLog())(asyncio.get_running_loop(), {"message": "task failed", "exception": KeyError("x")})
    assert isinstance(lines[0]["exc_info"], KeyError)


def test_a_failure_that_is_reported_after_the_loop_has_ended_is_logged_as_usual() -> None:
    loop = asyncio.new_event_loop()
    loop.close()
    with capture_logs() as lines:
        LoopFaults(FaultLog())(loop, {"message": "task failed", "exception": KeyError("x")})
    assert [line["event"] for line in lines] == ["unexpected failure"]
