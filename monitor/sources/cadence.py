"""When a source is polled next. Pure: `now` and the jitter are handed in."""

from __future__ import annotations

import math
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

from monitor.model import Moment

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

DAY = 86400.0
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")


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


def parse_crontab(text: str, timezone: tzinfo) -> CronTrigger:
    """Five crontab fields as a trigger. ValueError with a sentence if it cannot be read or never comes true."""
    from apscheduler.triggers.cron import CronTrigger  # takes a while to import, and few sources need it

    fields = text.split()
    if len(fields) != 5:
        raise ValueError(f'expected five fields such as "*/10 6-22 * * *", got {len(fields)}')
    minute, hour, day, month, weekday = fields
    trigger = CronTrigger(
        minute=minute, hour=hour, day=day, month=month, day_of_week=_weekday_names(weekday), timezone=timezone
    )
    if trigger.get_next_fire_time(None, datetime(2024, 1, 1, tzinfo=UTC)) is None:
        raise ValueError(f'"{text}" never comes true')
    return trigger


def next_fire_time(trigger: CronTrigger, after: Moment) -> Moment:
    """The trigger's first time later than a moment."""
    fire_time = trigger.get_next_fire_time(None, datetime.fromtimestamp(math.floor(after) + 1, UTC))
    return fire_time.timestamp() if fire_time else after + DAY


def _weekday_names(field: str) -> str:
    """Weekdays by name: crontabs count them from Sunday, the trigger from Monday."""
    if field == "*":
        return field
    try:
        return ",".join(_WEEKDAYS[day % 7] for part in field.lower().split(",") for day in _weekday_range(part))
    except ValueError:
        raise ValueError(f'"{field}" is no list of weekdays') from None


def _weekday_range(part: str) -> range:
    days, _, step = part.partition("/")
    first, dash, last = days.partition("-")
    if days == "*":
        return range(0, 7, int(step))
    low = _weekday_number(first)
    high = _weekday_number(last) if dash else (6 if step else low)
    return range(low, high + (7 if high < low else 0) + 1, int(step or 1))


def _weekday_number(text: str) -> int:
    day = int(text) if text.isdecimal() else _WEEKDAYS.index(text)
    if day > 7:
        raise ValueError(text)
    return day
