"""When a delivery that failed is tried again, and when it is given up."""

from __future__ import annotations

from monitor.model import Moment
from monitor.units import DAY

FIRST_RETRY_DELAY_S, RETRY_FACTOR, MAX_RETRY_DELAY_S = 10.0, 3.0, 3600.0
MAX_RETRY_AFTER_S = DAY  # a server that asks for more than a day is not obeyed beyond it
GIVE_UP_AFTER_S = 4 * DAY  # what mail servers do (RFC 5321, 4.5.4.1)


def next_attempt_time(
    attempt: int, *, now: Moment, created: Moment, retry_after: float | None, jitter: float
) -> Moment | None:
    """When to try again after try number `attempt` (from 1) failed, or None for a dead letter.

    10 s, 30 s, 90 s … up to an hour, each spread by a quarter either way by `jitter` (0 to 1), so that what
    failed together does not come back together. The last try falls on the day it would be given up.
    """
    last_attempt = created + GIVE_UP_AFTER_S
    if now >= last_attempt:
        return None
    delay = min(FIRST_RETRY_DELAY_S * RETRY_FACTOR ** min(attempt - 1, 10), MAX_RETRY_DELAY_S) * (0.75 + jitter / 2)
    requested_delay = min(max(retry_after or 0.0, 0.0), MAX_RETRY_AFTER_S)
    return min(now + max(delay, requested_delay), last_attempt)
