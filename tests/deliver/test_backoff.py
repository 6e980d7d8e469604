"""When a delivery is tried again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.delivery import DAY, NOON

from monitor.deliver.backoff import GIVE_UP_AFTER_S, next_attempt_time


def wait(attempt: int, jitter: float = 0.5, retry_after: float | None = None, age: float = 0.0) -> float | None:
    """Seconds until the next try of a message that is `age` seconds old."""
    now = NOON + age
    at = next_attempt_time(attempt, now=now, created=NOON, retry_after=retry_after, jitter=jitter)
    return None if at is None else at - now


def test_waits_grow_from_ten_seconds_to_an_hour() -> None:
    assert [wait(attempt) for attempt in (1, 2, 3, 4, 5, 6, 7, 8, 500)] == [
        10, 30, 90, 270, 810, 2430, 3600, 3600, 3600
    ]  # fmt: skip


@given(st.floats(0, 1))
def test_the_first_retry_comes_within_fifteen_seconds(jitter: float) -> None:
    seconds = wait(1, jitter)
    assert seconds is not None
    assert 5 <= seconds <= 15


def test_jitter_spreads_what_failed_together() -> None:
    assert wait(4, 0.0) == 202.5
    assert wait(4, 1.0) == 337.5


@pytest.mark.parametrize(
    ("asked", "seconds"), [(120.0, 120), (3.0, 10), (-5.0, 10), (10**9, DAY)], ids=["obeyed", "past", "odd", "huge"]
)
def test_a_wish_to_wait_is_obeyed_within_reason(asked: float, seconds: float) -> None:
    assert wait(1, retry_after=asked) == seconds


def test_the_last_try_falls_on_the_end_of_the_fourth_day_and_then_none_follows() -> None:
    assert wait(100, age=GIVE_UP_AFTER_S - 60) == 60
    assert wait(100, age=GIVE_UP_AFTER_S) is None


@given(st.floats(0, 1), st.floats(1, 10**6) | st.none())
def test_every_message_is_tried_often_and_given_up_after_four_days(jitter: float, asked: float | None) -> None:
    now, tries = NOON, 1
    while (at := next_attempt_time(tries, now=now, created=NOON, retry_after=asked, jitter=jitter)) is not None:
        assert at > now
        now, tries = at, tries + 1
    assert now == NOON + GIVE_UP_AFTER_S
    assert tries >= 4
