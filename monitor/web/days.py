"""The days of a time zone, for charts with a bar for each day."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.deliver.display_time import local_time
from monitor.model import Moment

CHART_DAYS = 14


def day_starts(now: Moment, timezone: ZoneInfo) -> list[Moment]:
    """Return the starts of the last CHART_DAYS days, and the end of today."""
    today = local_time(now, timezone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    offsets = range(1 - CHART_DAYS, 2)
    return [midnight(today + timedelta(days=offset), timezone) for offset in offsets]


def midnight(day: datetime, timezone: ZoneInfo) -> Moment:
    return day.replace(tzinfo=timezone).timestamp()
