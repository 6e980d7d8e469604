"""When a check of the daemon fails, since when, and with which reason."""

from __future__ import annotations

import asyncio
import gc
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, cast

import pytest

from monitor.daemon.faults import FaultLog
from monitor.daemon.health import CHECKS, STALE_AFTER_S, CheckReport, Health, health_json
from monitor.daemon.probes import Probes
from monitor.errors import StoreOutdated
from monitor.runtime import Runtime

NOW = 1_800_000_000.0
PARTS = ("write", "poll tick", "canary", "deliver tick", "queue", "rule files")


class Clock:
    elapsed = 500.0

    def __call__(self) -> float:
        return self.elapsed


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(clock: Clock) -> Health:
    return Health(clock)


def all_succeed(health: Health, *, but: str = "") -> None:
    for part in PARTS:
        if part != but:
            health.record_success(part)


def test_a_daemon_has_two_minutes_for_its_first_successes(health: Health, clock: Clock) -> None:
    assert health.assess_health(NOW).is_ok
    clock.elapsed += STALE_AFTER_S + 1
    report = health.assess_health(NOW)
    assert {name: check.status for name, check in report.checks.items()} == dict.fromkeys(CHECKS, "failing")


@pytest.mark.parametrize(
    ("part", "check"),
    [
        ("write", "store"),
        ("poll tick", "poll"),
        ("canary", "poll"),
        ("deliver tick", "deliver"),
        ("queue", "deliver"),
        ("rule files", "rules"),
    ],
)
def test_a_check_fails_when_one_of_its_parts_has_not_succeeded_for_two_minutes(
    health: Health, clock: Clock, part: str, check: str
) -> None:
    for _ in range(5):
        clock.elapsed += 30
        all_succeed(health, but=part)
    report = health.assess_health(NOW)
    assert [name for name, found in report.checks.items() if not found.is_ok] == [check]
    (failing,) = (found for found in report.checks.values() if not found.is_ok)
    assert failing.since == NOW - 150
    assert failing.reason.endswith("for 150 seconds")


def test_a_failure_counts_at_once_only_if_it_says_so(health: Health, clock: Clock) -> None:
    clock.elapsed += 10
    all_succeed(health)
    clock.elapsed += 10
    health.record_failure("canary", "it matched no rule")
    assert health.assess_health(NOW).is_ok
    health.record_failure("write", "the disk is full", at_once=True)
    clock.elapsed += 5
    check = health.assess_health(NOW).checks["store"]
    assert check == CheckReport("failing", NOW - 5, "the disk is full")


def test_the_reason_of_a_failure_that_lasts_is_the_last_one(health: Health, clock: Clock) -> None:
    for _ in range(5):
        clock.elapsed += 30
        all_succeed(health, but="canary")
        health.record_failure("canary", f"at {clock.elapsed}")
    check = health.assess_health(NOW).checks["poll"]
    assert check.reason == "no test entry has passed all stages for 150 seconds: at 650.0"
    assert check.since == NOW - 120, "since the first failure after the last success"


def test_a_check_is_ok_since_it_recovered(health: Health, clock: Clock) -> None:
    clock.elapsed += 60
    all_succeed(health)
    assert health.assess_health(NOW).checks["store"].since == NOW - 60
    health.record_failure("write", "the disk is full", at_once=True)
    clock.elapsed += 20
    health.record_success("write")
    clock.elapsed += 7
    assert health.assess_health(NOW).checks["store"] == CheckReport("ok", NOW - 7)


def test_a_remark_does_not_make_a_check_fail(health: Health) -> None:
    health.remarks["rules"] = "1 problem"
    report = health.assess_health(NOW)
    assert report.is_ok
    assert report.checks["rules"].reason == "1 problem"


def test_a_failure_of_another_worker_is_reported_with_its_name(health: Health) -> None:
    others = {"store": CheckReport("ok", NOW), "poll": CheckReport("failing", NOW - 9, "no test entry")}
    health.report_others([("worker 2", others)])  # type: ignore[list-item]
    report = health.assess_health(NOW)
    assert report.checks["poll"] == CheckReport("failing", NOW - 9, "worker 2: no test entry")
    assert report.checks["store"].is_ok
    assert report.summary() == "failing: poll: worker 2: no test entry"
    health.report_others([])
    assert health.assess_health(NOW).is_ok


def test_a_round_worked_if_all_parts_succeeded_and_none_has_failed_since(health: Health, clock: Clock) -> None:
    assert not health.worked_within(50), "nothing has succeeded yet"
    clock.elapsed += 10
    all_succeed(health, but="queue")
    assert not health.worked_within(50)
    health.record_success("queue")
    assert health.worked_within(50)
    health.record_failure("canary", "it matched no rule")
    assert not health.worked_within(50), "although the check does not fail yet"
    health.record_success("canary")
    clock.elapsed += 51
    assert not health.worked_within(50)


def test_the_body_of_the_health_page_has_each_check_with_its_reason(health: Health) -> None:
    health.record_failure("write", "the disk is full", at_once=True)
    body = health_json(health.assess_health(NOW))
    assert body["status"] == "failing"
    assert tuple(body["checks"]) == CHECKS
    assert body["checks"]["store"] == {
        "status": "failing",
        "since": "2027-01-15T08:00:00Z",
        "reason": "the disk is full",
    }
    assert body["checks"]["poll"]["reason"] is None


async def test_a_store_failure_while_the_daemon_ends_is_not_reported(health: Health) -> None:
    reported: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: reported.append(context))
    failed = asyncio.Event()

    async def fail(*_: object) -> None:
        try:
            await asyncio.sleep(0.05)
        finally:
            failed.set()
        raise StoreOutdated("database monitor.db was upgraded")

    runtime = cast(Runtime, SimpleNamespace(run_in_store_thread=fail, clock=lambda: NOW))
    probe = asyncio.create_task(Probes(runtime, health, cast(Any, None), (), FaultLog()).exchange_once())
    await asyncio.sleep(0.01)
    probe.cancel()
    await failed.wait()
    with suppress(asyncio.CancelledError):
        await probe
    del probe
    gc.collect()
    assert reported == []
