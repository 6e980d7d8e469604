"""Parses quiet hours such as `mon-fri 22:00-07:00` into minutes of the week."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from monitor.units import WEEKDAYS

DAY_MINUTES, WEEK_MINUTES = 24 * 60, 7 * 24 * 60
SPAN_PATTERN = re.compile(r"(?:([a-z,-]+) +)?([0-2]?[0-9]):([0-5][0-9]) ?[-–] ?([0-2]?[0-9]):([0-5][0-9])")
EXPECTED_HOURS = 'expected hours such as "22:00-07:00" or "sat,sun 00:00-24:00"'


def minute_of_week(local: datetime) -> int:
    """Return the minutes since Monday 00:00."""
    return local.weekday() * DAY_MINUTES + local.hour * 60 + local.minute


def minutes_of_week(spans: Iterable[str]) -> frozenset[int]:
    """Return the minutes of the week in any of the spans, from Monday. Raises ValueError for an invalid span."""
    week_minutes = frozenset(minute for span in spans for minute in span_minutes(span))
    if len(week_minutes) == WEEK_MINUTES:
        raise ValueError("quiet hours cover the whole week: no alert would ever be sent")
    return week_minutes


def span_minutes(span: str) -> Iterable[int]:
    """The minutes of one span on each of its days; a span that ends before it starts ends on the next day."""
    parsed = SPAN_PATTERN.fullmatch(span.strip().lower())
    if not parsed:
        raise ValueError(f'{EXPECTED_HOURS}, found "{span[:60]}"')
    start, end = int(parsed[2]) * 60 + int(parsed[3]), int(parsed[4]) * 60 + int(parsed[5])
    days = parse_weekdays(parsed[1]) if parsed[1] else range(7)
    if max(start, end) > DAY_MINUTES or start == DAY_MINUTES or not days:
        raise ValueError(f'{EXPECTED_HOURS}, found "{span[:60]}"')
    if start == end:
        raise ValueError(f'"{span[:60]}" starts and ends at the same time; write 00:00-24:00 for a whole day')
    length = (end - start) % DAY_MINUTES or DAY_MINUTES
    return [(day * DAY_MINUTES + start + minute) % WEEK_MINUTES for day in days for minute in range(length)]


def parse_weekdays(text: str) -> set[int]:
    """Parse `sat,sun` or `mon-fri` as numbers from Monday; empty if invalid."""
    days: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
            return set()
        start = WEEKDAYS.index(first)
        length = (WEEKDAYS.index(last or first) - start) % 7 + 1
        days |= {(start + offset) % 7 for offset in range(length)}
    return days
