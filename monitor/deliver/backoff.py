"""When a failed delivery is retried, and when it is dead."""

from __future__ import annotations

from monitor.model import Moment
from monitor.units import DAY, HOUR

FIRST_RETRY_DELAY_S, RETRY_FACTOR, MAX_RETRY_DELAY_S = 10.0, 3.0, HOUR
MAX_RETRY_AFTER_S = DAY  # a longer Retry-After is cut to this
GIVE_UP_AFTER_S = 4 * DAY  # as mail servers do (RFC 5321, 4.5.4.1)


def next_attempt_time(
    attempt: int, *, now: Moment, created: Moment, retry_after: float | None, jitter: float
) -> Moment | None:
    """Return when to retry after attempt number `attempt` (from 1) failed, or None if the delivery is dead.

    The delays are 10 s, 30 s, 90 s … up to an hour. `jitter` (0 to 1) shortens or lengthens each by up to a quarter,
    so that deliveries that failed together are not retried together. The last attempt is made GIVE_UP_AFTER_S after
    `created`.
    """
    last_attempt = created + GIVE_UP_AFTER_S
    if now >= last_attempt:
        return None
    delay = min(FIRST_RETRY_DELAY_S * RETRY_FACTOR ** min(attempt - 1, 10), MAX_RETRY_DELAY_S) * (0.75 + jitter / 2)
    requested_delay = min(max(retry_after or 0.0, 0.0), MAX_RETRY_AFTER_S)
    return min(now + max(delay, requested_delay), last_attempt)
