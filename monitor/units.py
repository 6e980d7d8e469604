"""Units of time in seconds, and durations and times as people write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from typing import Any

MINUTE, HOUR, DAY, WEEK = 60.0, 3600.0, 86400.0, 604800.0  # seconds
SECONDS_PER_UNIT = {"s": 1.0, "m": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}
UNIT_WORD = re.compile(r"s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:rs?|ours?)?|d(?:ays?)?|w(?:eeks?)?")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAX_DURATION_S = 1000 * 365 * DAY  # a time that far ahead still fits into a datetime


def parse_duration(text: Any) -> float:
    """Return the seconds of `"15m"`, `"6h"`, `"7 days"` or a bare number. Raises ValueError otherwise."""
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        amount: float = text
    else:
        match = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*([a-z]+)", str(text).strip().lower())
        is_known = match is not None and UNIT_WORD.fullmatch(match[2]) is not None
        amount = float(match[1]) * SECONDS_PER_UNIT[match[2][0]] if match and is_known else 0.0
    if not 0 < amount <= MAX_DURATION_S:
        raise ValueError('expected a duration such as "15m", "6h" or "7d"')
    return float(amount)


def parse_time(text: str, timezone: tzinfo) -> float:
    """Return the moment of an ISO 8601 time, in `timezone` unless it has an offset. Raises ValueError otherwise."""
    try:
        time = datetime.fromisoformat(text)
        return (time if time.tzinfo else time.replace(tzinfo=timezone)).astimezone(UTC).timestamp()
    except OverflowError:  # in UTC its year is 0 or 10000
        raise ValueError("the time is out of range") from None
