"""The time after which a source counts as quiet depends on its usual pauses."""

from __future__ import annotations

from monitor.sources.health import DAY, HOUR, quiet_deadline

NOW = 1_800_000_000.0 // HOUR * HOUR


def times_at_days(*at: float) -> list[float]:
    return [NOW + day * DAY for day in at]


def test_a_source_with_little_news_has_no_quiet_deadline() -> None:
    assert quiet_deadline([], 0.0) is None
    assert quiet_deadline(times_at_days(0, 1, 2, 3, 4), 0.0) is None
    assert quiet_deadline([NOW] * 40, 0.0) is None, "forty entries at once count as one"


def test_a_source_is_quiet_after_twice_its_longest_pause() -> None:
    weekdays = [day for day in range(30) if day % 7 < 5]
    news_times = times_at_days(*weekdays)
    assert quiet_deadline(news_times, 0.0) == max(news_times) + 2 * 3 * DAY, "a weekend is a usual pause"


def test_a_busy_source_is_quiet_after_six_hours_or_three_days_with_a_short_history() -> None:
    hourly_times = [NOW + hour * HOUR for hour in range(24 * 30)]
    assert quiet_deadline(hourly_times, 0.0) == hourly_times[-1] + 6 * HOUR
    assert quiet_deadline(hourly_times[:48], 0.0) == hourly_times[47] + 3 * DAY


def test_the_deadline_counts_from_when_the_last_news_was_seen() -> None:
    news_times = times_at_days(*range(20))
    assert quiet_deadline(news_times, NOW + 40 * DAY) == NOW + 42 * DAY


def test_the_order_of_news_times_does_not_matter() -> None:
    news_times = times_at_days(*range(20))
    assert quiet_deadline(news_times[::-1], 0.0) == quiet_deadline(news_times, 0.0)
