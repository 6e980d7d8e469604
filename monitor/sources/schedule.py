"""When a source is polled next. Pure: `now` and the jitter are handed in."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING

from monitor.model import Moment

if TYPE_CHECKING:
    pass
from monitor.cron import next_fire_time, parse_crontab
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
    """The moment of the next poll, after one that ended at `now`.

    `every`, `retry_after` and `max_age` are seconds; `failures` counts those in a row, this one included;
    `jitter` is between 0 and 1 and moves the poll by up to a tenth, so that sources do not march in step.
    Each failure after the first doubles the wait, up to a day. `retry_after`, the server's own word, replaces
    that, between `every` and a day. An answer that stays fresh beyond `every` may double it at most. With
    `cron`, polls fall on its times only, and the wait until the next of them counts as `every`.
    """
    if cron:
        trigger = parse_crontab(cron, timezone)
        next_fire = next_fire_time(trigger, now)
        if not failures:
            return next_fire
        return next_fire_time(trigger, now + _wait_seconds(next_fire - now, failures, retry_after, max_age) - 1)
    wait = _wait_seconds(every, failures, retry_after, max_age)
    # Earlier than due when all is well, so that `every` is kept; later when a server asked for rest.
    return now + wait * (1 + 0.1 * jitter if failures else 1 - 0.1 * jitter)


def _wait_seconds(every: float, failures: int, retry_after: float | None, max_age: float | None) -> float:
    if not failures:
        return max(every, min(max_age or 0.0, 2 * every))
    if retry_after is not None:
        return max(every, min(retry_after, DAY))
    return max(every, min(every * 2.0 ** min(failures - 1, 32), DAY))
