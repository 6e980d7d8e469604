"""When a failed delivery is retried."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kit.delivery import DAY, NOON

from monitor.deliver.backoff import GIVE_UP_AFTER_S, next_attempt_time


def wait(attempt: int, jitter: float = 0.5, retry_after: float | None = None, age: float = 0.0) -> float | None:
    """Return the seconds until the next attempt for a message that is `age` seconds old."""
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


def test_jitter_spreads_the_retries_of_deliveries_that_failed_together() -> None:
    assert wait(4, 0.0) == 202.5
    assert wait(4, 1.0) == 337.5


@pytest.mark.parametrize(
    ("requested_delay", "seconds"),
    [(120.0, 120), (3.0, 10), (-5.0, 10), (10**9, DAY)],
    ids=["longer", "shorter", "negative", "huge"],
)
def test_retry_after_is_respected_up_to_a_day(requested_delay: float, seconds: float) -> None:
    assert wait(1, retry_after=requested_delay) == seconds


def test_the_last_attempt_is_made_after_four_days() -> None:
    assert wait(100, age=GIVE_UP_AFTER_S - 60) == 60
    assert wait(100, age=GIVE_UP_AFTER_S) is None


@given(st.floats(0, 1), st.floats(1, 10**6) | st.none())
def test_every_message_is_attempted_several_times_and_given_up_after_four_days(
    jitter: float, requested_delay: float | None
) -> None:
    now, attempts = NOON, 1
    while (
        at := next_attempt_time(attempts, now=now, created=NOON, retry_after=requested_delay, jitter=jitter)
    ) is not None:
        assert at > now
        now, attempts = at, attempts + 1
    assert now == NOON + GIVE_UP_AFTER_S
    assert attempts >= 4
