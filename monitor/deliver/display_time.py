"""Times as readers see them, in their time zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.model import Moment
from monitor.serialize import EPOCH, MAX_ISO_MOMENT, MIN_ISO_MOMENT
from monitor.units import DAY


def format_time(moment: Moment, timezone: ZoneInfo) -> str:
    """Return a time such as `14 Dec 2026, 18:05 EET`."""
    at = local_time(moment, timezone)
    return f"{at.day} {at:%b %Y, %H:%M %Z}"


def format_day(moment: Moment, timezone: ZoneInfo) -> str:
    """Return a date such as `14 Dec`."""
    at = local_time(moment, timezone)
    return f"{at.day} {at:%b}"


def local_time(moment: Moment, timezone: ZoneInfo) -> datetime:
    """Return the moment in a time zone, moved into the range of datetime if it is outside."""
    # A day inside either end, so that no time zone offset leaves the range.
    clamped = min(max(moment, MIN_ISO_MOMENT + DAY), MAX_ISO_MOMENT - DAY)
    return (EPOCH + timedelta(seconds=clamped)).astimezone(timezone)
