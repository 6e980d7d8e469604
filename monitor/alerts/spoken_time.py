"""Times and durations in the sentences of alerts, which are stored as text."""

from __future__ import annotations

from datetime import datetime, tzinfo

from monitor.model import Moment
from monitor.units import DAY, HOUR, MINUTE


def clock_time(moment: Moment, now: Moment, timezone: tzinfo) -> str:
    """Return `14:02`, or `14:02 on 3 Nov` if that is another day than `now`."""
    at, today = datetime.fromtimestamp(moment, timezone), datetime.fromtimestamp(now, timezone)
    return f"{at:%H:%M}" if at.date() == today.date() else f"{at:%H:%M} on {at.day} {at:%b}"


def duration_text(seconds: float) -> str:
    """Return a duration as in a rule: `2d`, `36h`, `90s`."""
    for letter, unit in (("d", DAY), ("h", HOUR), ("m", MINUTE)):
        if seconds >= unit and seconds % unit == 0:
            return f"{seconds / unit:.0f}{letter}"
    return f"{seconds:g}s"
