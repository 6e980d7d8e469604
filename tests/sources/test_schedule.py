from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.cron import DAY, parse_crontab
from monitor.sources.schedule import next_poll_time

NOON = datetime(2025, 12, 15, 12, 0, tzinfo=UTC).timestamp()  # a Monday
KYIV = ZoneInfo("Europe/Kyiv")


def wait(**given: Any) -> float:
    """Seconds from noon to the next poll."""
    usual = {"every": 600.0, "cron": None, "timezone": UTC, "failures": 0, "retry_after": None, "max_age": None}
    return next_poll_time(now=NOON, **(usual | {"jitter": 0.0} | given)) - NOON


def fire(cron: str, at: str, zone: ZoneInfo = KYIV, **given: Any) -> str:
    """When a source with this crontab, polled at a local time, is polled next, in local time."""
    now = datetime.fromisoformat(at).replace(tzinfo=zone).timestamp()
    usual = {"every": 600.0, "failures": 0, "retry_after": None, "max_age": None, "jitter": 0.0}
    found = next_poll_time(now=now, cron=cron, timezone=zone, **(usual | given))
    return datetime.fromtimestamp(found, zone).isoformat(" ", "minutes")[:16]


def test_a_source_is_polled_every_interval() -> None:
    assert wait() == 600


def test_jitter_comes_early_when_all_is_well_and_late_when_it_is_not() -> None:
    assert wait(jitter=1.0) == pytest.approx(540)
    assert wait(jitter=0.5) == pytest.approx(570)
    assert wait(jitter=1.0, failures=3) == pytest.approx(2640)
    assert wait(jitter=1.0, failures=1, retry_after=3600) == pytest.approx(3960)


def test_failures_double_the_wait_up_to_a_day() -> None:
    waits = [wait(failures=failures) for failures in range(1, 12)]

    assert waits[:4] == [600, 1200, 2400, 4800]
    assert waits[-1] == DAY
    assert wait(failures=10**6) == DAY


def test_an_interval_longer_than_a_day_is_not_shortened_by_failing() -> None:
    assert wait(every=7 * DAY, failures=5) == 7 * DAY


@pytest.mark.parametrize(("asked", "given"), [(0, 600), (5, 600), (7200, 7200), (1e9, DAY)])
def test_what_a_server_asks_for_holds_between_the_interval_and_a_day(asked: float, given: float) -> None:
    assert wait(failures=1, retry_after=asked) == given
    assert wait(failures=9, retry_after=asked) == given


@pytest.mark.parametrize(("fresh", "given"), [(0, 600), (300, 600), (900, 900), (1200, 1200), (86400, 1200)])
def test_an_answer_that_stays_fresh_may_double_the_interval_at_most(fresh: float, given: float) -> None:
    assert wait(max_age=fresh) == given


def test_a_crontab_is_read_in_the_configs_time_zone() -> None:
    assert fire("*/10 6-22 * * *", "2025-12-15 12:03") == "2025-12-15 12:10"
    assert fire("*/10 6-22 * * *", "2025-12-15 22:50") == "2025-12-16 06:00"
    assert fire("30 7 * * *", "2025-12-15 07:30") == "2025-12-16 07:30"


def test_weekdays_count_from_sunday_as_in_every_crontab() -> None:
    assert fire("0 8 * * 1", "2025-12-15 07:00") == "2025-12-15 08:00"
    assert fire("0 8 * * 0", "2025-12-15 07:00") == "2025-12-21 08:00"
    assert fire("0 8 * * 7", "2025-12-15 07:00") == "2025-12-21 08:00"
    assert fire("0 8 * * sun", "2025-12-15 07:00") == "2025-12-21 08:00"
    assert fire("0 8 * * 1-5", "2025-12-19 09:00") == "2025-12-22 08:00"
    assert fire("0 8 * * 5-7", "2025-12-15 07:00") == "2025-12-19 08:00"
    assert fire("0 8 * * fri-mon", "2025-12-15 09:00") == "2025-12-19 08:00"
    assert fire("0 8 * * 2,4", "2025-12-15 09:00") == "2025-12-16 08:00"
    assert fire("0 8 * * */3", "2025-12-15 09:00") == "2025-12-17 08:00"


def test_a_failing_source_with_a_crontab_leaves_out_some_of_its_times() -> None:
    hourly = "0 * * * *"

    assert fire(hourly, "2025-12-15 12:00", failures=1) == "2025-12-15 13:00"
    assert fire(hourly, "2025-12-15 12:00", failures=3) == "2025-12-15 16:00"
    assert fire(hourly, "2025-12-15 12:00", failures=1, retry_after=5000) == "2025-12-15 14:00"
    assert fire(hourly, "2025-12-15 12:00", failures=99) == "2025-12-16 12:00"


def test_the_hour_that_happens_twice_and_the_one_that_does_not() -> None:
    assert fire("30 3 * * *", "2025-10-25 12:00") == "2025-10-26 03:30"
    assert fire("30 3 * * *", "2026-03-28 12:00")[:10] in ("2026-03-29", "2026-03-30")
    assert fire("0 * * * *", "2025-10-26 02:30") == "2025-10-26 03:00"


IMPOSSIBLE = ["", "* * * *", "* * * * * *", "61 * * * *", "* 25 * * *", "* * * * 8", "* * * * x", "*/0 * * * *"]


@pytest.mark.parametrize("text", [*IMPOSSIBLE, "* * * * */0", "0 0 30 2 *"])
def test_a_crontab_that_cannot_be_kept_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_crontab(text, UTC)
