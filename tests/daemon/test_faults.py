"""A lasting fault is logged when it begins, every few minutes, and when it is over."""

from __future__ import annotations

from typing import Any

from structlog.testing import capture_logs

from monitor.daemon.faults import REPEAT_S, FaultLog

FULL = "the disk is full"


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


def test_another_failure_is_a_line_of_its_own() -> None:
    faults = FaultLog(Clock())
    assert failed(faults, "poll")
    assert failed(faults, "deliver", "the database is locked")


def test_a_failure_that_lasts_is_logged_again_with_the_number_of_those_that_were_not() -> None:
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
