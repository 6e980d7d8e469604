"""Parse quiet hours such as `mon-fri 22:00-07:00` into minutes of the week."""

from __future__ import annotations

import re
from collections.abc import Iterable

DAY_MINUTES, WEEK_MINUTES = 24 * 60, 7 * 24 * 60  # minutes
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SPAN_PATTERN = re.compile(r"(?:([a-z,-]+) +)?([0-2]?[0-9]):([0-5][0-9]) ?[-–] ?([0-2]?[0-9]):([0-5][0-9])")
EXPECTED_HOURS = 'expected hours such as "22:00-07:00" or "sat,sun 00:00-24:00"'


def minutes_of_week(spans: Iterable[str]) -> frozenset[int]:
    """The minutes of the week that are in one of the spans. ValueError with a sentence if one cannot be meant."""
    week_minutes = frozenset(minute for span in spans for minute in span_minutes(span))
    if len(week_minutes) == WEEK_MINUTES:
        raise ValueError("these hours never end: nothing would ever be told")
    return week_minutes


def span_minutes(span: str) -> Iterable[int]:
    """The minutes of one span on each of its days; one that ends before it begins ends on the next day."""
    parsed = SPAN_PATTERN.fullmatch(span.strip().lower())
    begin, end = (
        (int(parsed[2]) * 60 + int(parsed[3]), int(parsed[4]) * 60 + int(parsed[5]))
        if parsed
        else (DAY_MINUTES, DAY_MINUTES)
    )
    days = parse_weekdays(parsed[1]) if parsed and parsed[1] else range(7)
    if max(begin, end) > DAY_MINUTES or begin == DAY_MINUTES or not days:
        raise ValueError(f'{EXPECTED_HOURS}, found "{span[:60]}"')
    if begin == end:
        raise ValueError(f'"{span[:60]}" ends when it begins; write 00:00-24:00 for a whole day')
    length = (end - begin) % DAY_MINUTES or DAY_MINUTES
    return [(day * DAY_MINUTES + begin + minute) % WEEK_MINUTES for day in days for minute in range(length)]


def parse_weekdays(text: str) -> set[int]:
    """`sat,sun` or `mon-fri` as numbers from Monday; none if they are no days."""
    days: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
            return set()
        begin = WEEKDAYS.index(first)
        days |= {(begin + step) % 7 for step in range((WEEKDAYS.index(last or first) - begin) % 7 + 1)}
    return days
