"""The interval of a source depends on the news it brings."""

from __future__ import annotations

import pytest

from monitor.model import Entry
from monitor.sources.adaptive_interval import (
    INTERVAL_GROWTH,
    PollNews,
    effective_interval,
    has_rolled_over,
    next_interval,
)

EVERY, SLOWEST = 900.0, 6 * 3600.0


def interval_after(*polls: str, every: float = EVERY, slowest: float | None = SLOWEST, start: float = EVERY) -> float:
    """The interval after polls that brought only "news", "some" news, "nothing", or where the window "rolled"."""
    interval, shares = start, {"nothing": 0.0, "some": 0.5}
    for poll in polls:
        news = PollNews(shares.get(poll, 1.0), entries_missed=poll == "rolled")
        interval = next_interval(interval, news, every=every, slowest=slowest)
    return interval


def test_a_source_without_news_is_polled_less_often_down_to_slowest() -> None:
    assert interval_after("nothing") == EVERY * INTERVAL_GROWTH
    assert interval_after(*["nothing"] * 50) == SLOWEST


def test_news_halves_the_interval_down_to_the_configured_one() -> None:
    assert interval_after("news", start=SLOWEST) == SLOWEST / 2
    assert interval_after(*["news"] * 50, start=SLOWEST) == EVERY


def test_without_slowest_the_interval_does_not_change() -> None:
    assert interval_after("nothing", "news", "nothing", slowest=None) == EVERY


def test_a_feed_that_rolled_over_is_polled_more_often_than_configured_within_limits() -> None:
    assert interval_after("rolled") == EVERY / 2
    assert interval_after("rolled", start=SLOWEST) == EVERY / 2
    assert interval_after(*["rolled"] * 20) == EVERY / 8
    assert interval_after(*["rolled"] * 20, every=120.0) == 60.0
    assert interval_after(*["rolled"] * 20, every=30.0) == 30.0


def test_a_shortened_interval_recovers_unless_most_is_news() -> None:
    assert interval_after("rolled", *["news"] * 20) == EVERY / 2
    assert interval_after("rolled", *["some"] * 20) == EVERY
    assert interval_after("rolled", *["nothing"] * 20, slowest=None) == EVERY


@pytest.mark.parametrize(
    ("stored", "slowest", "expected"),
    [
        (None, None, EVERY),
        (3600.0, None, EVERY),
        (3600.0, SLOWEST, 3600.0),
        (90000.0, SLOWEST, SLOWEST),
        (1.0, SLOWEST, EVERY / 8),
        (450.0, None, 450.0),
    ],
)
def test_a_stored_interval_is_limited_by_the_current_config(
    stored: float | None, slowest: float | None, expected: float
) -> None:
    assert effective_interval(every=EVERY, slowest=slowest, stored_interval=stored) == expected


def entries(*published: float | None) -> list[Entry]:
    return [Entry(f"e{n}", "", "", "", published=at) for n, at in enumerate(published)]


def test_a_window_rolled_over_if_no_known_entry_is_left_and_all_are_newer() -> None:
    assert has_rolled_over(entries(30.0, 20.0, 10.0), [], 10, 5.0)
    assert has_rolled_over(entries(None, None, None), [], 10, None)
    assert not has_rolled_over(entries(30.0, 20.0, 10.0), ["e2"], 10, 5.0)
    assert not has_rolled_over(entries(30.0, 20.0, 4.0), [], 10, 5.0), "some are older than known ones"


def test_a_feed_with_few_entries_never_rolls_over() -> None:
    assert not has_rolled_over(entries(30.0, 20.0), [], 10, 5.0)
    assert not has_rolled_over(entries(30.0, 20.0, 10.0), [], 2, 5.0)
