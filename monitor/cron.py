"""Crontab expressions, evaluated by APScheduler's CronTrigger."""

from __future__ import annotations

import math
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

from monitor.model import Moment
from monitor.units import DAY, WEEKDAYS

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

_CRON_WEEKDAYS = ("sun", *WEEKDAYS)  # by number; 0 and 7 are Sunday


def parse_crontab(text: str, timezone: tzinfo) -> CronTrigger:
    """Parse five crontab fields. Raises ValueError, with a sentence, if they are invalid or never fire."""
    from apscheduler.triggers.cron import CronTrigger  # slow to import, and few sources need it

    fields = text.split()
    if len(fields) != 5:
        raise ValueError(f'expected five fields such as "*/10 6-22 * * *", found {len(fields)}')
    minute, hour, day, month, weekday = fields
    trigger = CronTrigger(
        minute=minute, hour=hour, day=day, month=month, day_of_week=_weekday_names(weekday), timezone=timezone
    )
    if trigger.get_next_fire_time(None, datetime(2024, 1, 1, tzinfo=UTC)) is None:
        raise ValueError(f'"{text}" never fires')
    return trigger


def next_fire_time(trigger: CronTrigger, after: Moment) -> Moment:
    """Return the first time the trigger fires after a moment."""
    fire_time = trigger.get_next_fire_time(None, datetime.fromtimestamp(math.floor(after) + 1, UTC))
    return fire_time.timestamp() if fire_time else after + DAY


def _weekday_names(field: str) -> str:
    """Replace numbers by names, since crontabs count weekdays from Sunday and APScheduler from Monday."""
    if field == "*":
        return field
    try:
        return ",".join(_CRON_WEEKDAYS[day % 7] for part in field.lower().split(",") for day in _weekday_range(part))
    except ValueError:
        raise ValueError(f'expected weekdays such as "mon-fri" or "1,3", found "{field}"') from None


def _weekday_range(part: str) -> range:
    days, _, step = part.partition("/")
    first, dash, last = days.partition("-")
    if days == "*":
        return range(0, 7, int(step))
    low = _weekday_number(first)
    high = _weekday_number(last) if dash else (6 if step else low)
    return range(low, high + (7 if high < low else 0) + 1, int(step or 1))


def _weekday_number(text: str) -> int:
    day = int(text) if text.isdecimal() else _CRON_WEEKDAYS.index(text)
    if day > 7:
        raise ValueError(text)
    return day
