"""When a source is polled next. Pure: the caller passes `now` and the jitter."""

from __future__ import annotations

from datetime import tzinfo

from monitor.cron import next_fire_time, parse_crontab
from monitor.model import Moment
from monitor.units import DAY


def next_poll_time(
    *,
    now: Moment,
    every: float,
    cron: str | None,
    timezone: tzinfo,
    failures: int,
    retry_after: float | None,
    max_age: float | None,
    jitter: float,
) -> Moment:
    """Return the time of the next poll, after one that ended at `now`.

    `every`, `retry_after` and `max_age` are in seconds. `failures` counts failed polls in a row, this one included.
    `jitter`, from 0 to 1, moves the poll by up to a tenth of the wait, so that sources are not polled in lockstep.

    Each failure after the first doubles the wait, up to a day; the server's `retry_after` replaces this wait, between
    `every` and a day. A response that stays fresh for longer than `every` extends the wait to at most twice `every`.
    With `cron`, polls happen only at its times, and the time until the next one counts as `every`.
    """
    if cron:
        trigger = parse_crontab(cron, timezone)
        next_fire = next_fire_time(trigger, now)
        if not failures:
            return next_fire
        return next_fire_time(trigger, now + _wait_seconds(next_fire - now, failures, retry_after, max_age) - 1)
    wait = _wait_seconds(every, failures, retry_after, max_age)
    # Early after a success, so that `every` is kept; late after a failure, so that `retry_after` is.
    return now + wait * (1 + 0.1 * jitter if failures else 1 - 0.1 * jitter)


def _wait_seconds(every: float, failures: int, retry_after: float | None, max_age: float | None) -> float:
    if not failures:
        return max(every, min(max_age or 0.0, 2 * every))
    if retry_after is not None:
        return max(every, min(retry_after, DAY))
    return max(every, min(every * 2.0 ** min(failures - 1, 32), DAY))
