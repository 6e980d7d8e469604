"""A silence is judged by the source's own pauses."""

from __future__ import annotations

from monitor.sources.health import DAY, HOUR, quiet_deadline

NOW = 1_800_000_000.0 // HOUR * HOUR


def days(*at: float) -> list[float]:
    return [NOW + day * DAY for day in at]


def test_a_source_that_spoke_seldom_has_no_habit() -> None:
    assert quiet_deadline([], 0.0) is None
    assert quiet_deadline(days(0, 1, 2, 3, 4), 0.0) is None
    assert quiet_deadline([NOW] * 40, 0.0) is None, "forty entries at once are one time"


def test_twice_the_longest_pause_is_against_habit() -> None:
    weekdays = [day for day in range(30) if day % 7 < 5]
    said = days(*weekdays)
    assert quiet_deadline(said, 0.0) == max(said) + 2 * 3 * DAY, "a weekend is no silence"


def test_a_busy_source_gets_six_hours_and_three_days_while_its_weeks_are_unknown() -> None:
    month = [NOW + hour * HOUR for hour in range(24 * 30)]
    assert quiet_deadline(month, 0.0) == month[-1] + 6 * HOUR
    assert quiet_deadline(month[:48], 0.0) == month[47] + 3 * DAY


def test_what_came_in_late_counts_from_when_it_came() -> None:
    said = days(*range(20))
    assert quiet_deadline(said, NOW + 40 * DAY) == NOW + 42 * DAY


def test_the_order_does_not_matter() -> None:
    assert quiet_deadline(list(reversed(days(*range(20)))), 0.0) == quiet_deadline(days(*range(20)), 0.0)
