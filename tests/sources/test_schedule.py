from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from monitor.cron import DAY, parse_crontab
from monitor.sources.schedule import Schedule

NOON = datetime(2025, 12, 15, 12, 0, tzinfo=UTC).timestamp()  # a Monday
KYIV = ZoneInfo("Europe/Kyiv")


def wait(
    every: float = 600.0,
    *,
    failures: int = 0,
    retry_after: float | None = None,
    max_age: float | None = None,
    jitter: float = 0.0,
) -> float:
    """Seconds from noon to the next poll."""
    schedule = Schedule(every, None, UTC)
    if failures:
        return schedule.next_retry(NOON, failures=failures, retry_after=retry_after, jitter=jitter) - NOON
    return schedule.next_poll(NOON, max_age=max_age, jitter=jitter) - NOON


def next_fire(cron: str, at: str, *, failures: int = 0, retry_after: float | None = None) -> str:
    """The local time of the next poll of a source with this crontab that was polled at a local time."""
    now, schedule = datetime.fromisoformat(at).replace(tzinfo=KYIV).timestamp(), Schedule(600.0, cron, KYIV)
    next_poll = (
        schedule.next_retry(now, failures=failures, retry_after=retry_after, jitter=0.0)
        if failures
        else schedule.next_poll(now, max_age=None, jitter=0.0)
    )
    return datetime.fromtimestamp(next_poll, KYIV).isoformat(" ", "minutes")[:16]


def test_a_source_is_polled_every_interval() -> None:
    assert wait() == 600


def test_jitter_makes_polls_earlier_after_success_and_later_after_failure() -> None:
    assert wait(jitter=1.0) == pytest.approx(540)
    assert wait(jitter=0.5) == pytest.approx(570)
    assert wait(jitter=1.0, failures=3) == pytest.approx(2640)
    assert wait(jitter=1.0, failures=1, retry_after=3600) == pytest.approx(3960)


def test_failures_double_the_wait_up_to_a_day() -> None:
    waits = [wait(failures=failures) for failures in range(1, 12)]

    assert waits[:4] == [600, 1200, 2400, 4800]
    assert waits[-1] == DAY
    assert wait(failures=10**6) == DAY


def test_failures_do_not_shorten_an_interval_longer_than_a_day() -> None:
    assert wait(every=7 * DAY, failures=5) == 7 * DAY


@pytest.mark.parametrize(("asked", "given"), [(0, 600), (5, 600), (7200, 7200), (1e9, DAY)])
def test_retry_after_is_used_between_the_interval_and_a_day(asked: float, given: float) -> None:
    assert wait(failures=1, retry_after=asked) == given
    assert wait(failures=9, retry_after=asked) == given


@pytest.mark.parametrize(("fresh", "given"), [(0, 600), (300, 600), (900, 900), (1200, 1200), (86400, 1200)])
def test_max_age_extends_the_interval_to_at_most_twice_its_length(fresh: float, given: float) -> None:
    assert wait(max_age=fresh) == given


def test_a_crontab_uses_the_configured_time_zone() -> None:
    assert next_fire("*/10 6-22 * * *", "2025-12-15 12:03") == "2025-12-15 12:10"
    assert next_fire("*/10 6-22 * * *", "2025-12-15 22:50") == "2025-12-16 06:00"
    assert next_fire("30 7 * * *", "2025-12-15 07:30") == "2025-12-16 07:30"


def test_crontab_weekdays_count_from_sunday() -> None:
    assert next_fire("0 8 * * 1", "2025-12-15 07:00") == "2025-12-15 08:00"
    assert next_fire("0 8 * * 0", "2025-12-15 07:00") == "2025-12-21 08:00"
    assert next_fire("0 8 * * 7", "2025-12-15 07:00") == "2025-12-21 08:00"
    assert next_fire("0 8 * * sun", "2025-12-15 07:00") == "2025-12-21 08:00"
    assert next_fire("0 8 * * 1-5", "2025-12-19 09:00") == "2025-12-22 08:00"
    assert next_fire("0 8 * * 5-7", "2025-12-15 07:00") == "2025-12-19 08:00"
    assert next_fire("0 8 * * fri-mon", "2025-12-15 09:00") == "2025-12-19 08:00"
    assert next_fire("0 8 * * 2,4", "2025-12-15 09:00") == "2025-12-16 08:00"
    assert next_fire("0 8 * * */3", "2025-12-15 09:00") == "2025-12-17 08:00"


def test_a_failing_source_with_a_crontab_skips_some_of_its_times() -> None:
    hourly = "0 * * * *"

    assert next_fire(hourly, "2025-12-15 12:00", failures=1) == "2025-12-15 13:00"
    assert next_fire(hourly, "2025-12-15 12:00", failures=3) == "2025-12-15 16:00"
    assert next_fire(hourly, "2025-12-15 12:00", failures=1, retry_after=5000) == "2025-12-15 14:00"
    assert next_fire(hourly, "2025-12-15 12:00", failures=99) == "2025-12-16 12:00"


def test_a_crontab_at_daylight_saving_changes() -> None:
    assert next_fire("30 3 * * *", "2025-10-25 12:00") == "2025-10-26 03:30"
    assert next_fire("30 3 * * *", "2026-03-28 12:00")[:10] in ("2026-03-29", "2026-03-30")
    assert next_fire("0 * * * *", "2025-10-26 02:30") == "2025-10-26 03:00"


IMPOSSIBLE = ["", "* * * *", "* * * * * *", "61 * * * *", "* 25 * * *", "* * * * 8", "* * * * x", "*/0 * * * *"]


@pytest.mark.parametrize("text", [*IMPOSSIBLE, "* * * * */0", "0 0 30 2 *"])
def test_an_invalid_or_impossible_crontab_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_crontab(text, UTC)
