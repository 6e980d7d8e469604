"""When a source is polled next. Pure: the caller passes `now` and the jitter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from monitor.cron import next_fire_time, parse_crontab
from monitor.model import Moment
from monitor.units import DAY


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a source is polled: each `every` seconds or, with `cron`, only at the times of a crontab in `timezone`."""

    every: float
    cron: str | None
    timezone: tzinfo

    def next_poll(self, now: Moment, *, max_age: float | None, jitter: float) -> Moment:
        """Return the time of the next poll, after one that succeeded at `now`.

        A response that stays fresh for `max_age` seconds extends the interval to at most twice its length. `jitter`,
        from 0 to 1, makes the poll earlier by up to a tenth of the wait, so that sources are not polled in lockstep.
        """
        if self.cron:
            return next_fire_time(parse_crontab(self.cron, self.timezone), now)
        wait = max(self.every, min(max_age or 0.0, 2 * self.every))
        return now + wait * (1 - 0.1 * jitter)

    def next_retry(self, now: Moment, *, failures: int, retry_after: float | None, jitter: float) -> Moment:
        """Return the time of the next poll, after one that failed at `now` as the last of so many in a row.

        Each failure after the first doubles the wait, up to a day; the server's `retry_after` in seconds replaces
        this wait, between the interval and a day. With `cron` the time until the next poll counts as the interval.
        `jitter` makes the poll later, so that `retry_after` is kept.
        """
        if self.cron:
            trigger = parse_crontab(self.cron, self.timezone)
            interval = next_fire_time(trigger, now) - now
            return next_fire_time(trigger, now + _retry_wait(interval, failures, retry_after) - 1)
        return now + _retry_wait(self.every, failures, retry_after) * (1 + 0.1 * jitter)


def _retry_wait(interval: float, failures: int, retry_after: float | None) -> float:
    wait = interval * 2.0 ** min(failures - 1, 32) if retry_after is None else retry_after
    return max(interval, min(wait, DAY))
