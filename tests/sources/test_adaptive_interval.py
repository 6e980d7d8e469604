"""How often a source is looked at, by what it brings."""

from __future__ import annotations

import pytest

from monitor.model import Entry
from monitor.sources.adaptive_interval import INTERVAL_GROWTH, effective_interval, has_rolled_over, next_interval

EVERY, SLOWEST = 900.0, 6 * 3600.0


def after(*polls: str, every: float = EVERY, slowest: float | None = SLOWEST, start: float = EVERY) -> float:
    """The pace after polls that brought only "news", "some" of it, "nothing", or came after a window "rolled"."""
    now, shares = start, {"nothing": 0.0, "some": 0.5}
    for poll in polls:
        share = shares.get(poll, 1.0)
        now = next_interval(now, every=every, slowest=slowest, news_share=share, entries_missed=poll == "rolled")
    return now


def test_a_source_that_brings_nothing_is_looked_at_less_and_less_often_down_to_its_slowest() -> None:
    assert after("nothing") == EVERY * INTERVAL_GROWTH
    assert after(*["nothing"] * 50) == SLOWEST


def test_news_halves_the_pace_but_never_below_the_interval_of_the_config() -> None:
    assert after("news", start=SLOWEST) == SLOWEST / 2
    assert after(*["news"] * 50, start=SLOWEST) == EVERY


def test_without_a_slowest_the_interval_stays_as_it_is() -> None:
    assert after("nothing", "news", "nothing", slowest=None) == EVERY


def test_a_feed_that_rolled_over_is_looked_at_more_often_than_configured_within_bounds() -> None:
    assert after("rolled") == EVERY / 2
    assert after("rolled", start=SLOWEST) == EVERY / 2
    assert after(*["rolled"] * 20) == EVERY / 8
    assert after(*["rolled"] * 20, every=120.0) == 60.0
    assert after(*["rolled"] * 20, every=30.0) == 30.0


def test_it_stays_so_while_nearly_all_is_news_and_recovers_when_it_is_not() -> None:
    assert after("rolled", *["news"] * 20) == EVERY / 2
    assert after("rolled", *["some"] * 20) == EVERY
    assert after("rolled", *["nothing"] * 20, slowest=None) == EVERY


@pytest.mark.parametrize(
    ("kept", "slowest", "found"),
    [
        (None, None, EVERY),
        (3600.0, None, EVERY),
        (3600.0, SLOWEST, 3600.0),
        (90000.0, SLOWEST, SLOWEST),
        (1.0, SLOWEST, EVERY / 8),
        (450.0, None, 450.0),
    ],
)
def test_a_pace_that_was_kept_is_bound_by_the_config_of_today(
    kept: float | None, slowest: float | None, found: float
) -> None:
    assert effective_interval(every=EVERY, slowest=slowest, stored_interval=kept) == found


def entries(*published: float | None) -> list[Entry]:
    return [Entry(f"e{n}", "", "", "", published=at) for n, at in enumerate(published)]


def test_a_window_rolled_over_when_nothing_that_stood_is_left_and_all_is_newer() -> None:
    assert has_rolled_over(entries(30.0, 20.0, 10.0), [], 10, 5.0)
    assert has_rolled_over(entries(None, None, None), [], 10, None)
    assert not has_rolled_over(entries(30.0, 20.0, 10.0), ["e2"], 10, 5.0)
    assert not has_rolled_over(entries(30.0, 20.0, 4.0), [], 10, 5.0), "some are older than what is known"


def test_a_feed_of_few_entries_has_no_window() -> None:
    assert not has_rolled_over(entries(30.0, 20.0), [], 10, 5.0)
    assert not has_rolled_over(entries(30.0, 20.0, 10.0), [], 2, 5.0)
