"""The dates of entries. A date that is not understood for certain is none. Pure.

Whether 05/12/2026 is in May or in December is decided by the weekday beside it or by the other dates of the source,
and IST by the language or the offsets of the other dates; otherwise the entry has no date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from monitor.model import Moment
from monitor.sources.parse.date_grammar import DateParts, read_date_parts
from monitor.units import DAY

MIN_MOMENT, MAX_MOMENT = 631152000.0, 7258118400.0  # 1990 to 2200: before that are placeholders such as 1970-01-01
MAX_AHEAD_S = 2 * DAY  # a clock that is wrong, or a zone that is missing
MAX_EPOCH_SECONDS = 10**11  # larger numbers are milliseconds
_EPOCH_NUMBER = re.compile(r"(\d{9,10}(?:\.\d{1,9})?|\d{12,13})|/Date\((\d{9,13})(?:[+-]\d{4})?\)/")


@dataclass(frozen=True, slots=True)
class DateContext:
    """What helps to read a date: the language of the source, such as "en-us"; the order of day and month in its other
    dates, "" if they do not say; and their offsets in hours."""

    language: str = ""
    order: str = ""
    offsets: frozenset[float] = frozenset()


NO_CONTEXT = DateContext()


@dataclass(frozen=True, slots=True)
class EntryDates:
    """The dates of several entries. `needs_context` is true if one may be read differently beside other entries."""

    published: tuple[Moment | None, ...]
    needs_context: bool = False


def entry_dates(
    fields: Sequence[Sequence[object]], language: object = "", others: Iterable[object] = ()
) -> EntryDates:
    """Return the date of each entry: the first of its date fields that is understood.

    `others` are dates of the source itself, which may help to read those of the entries.
    """
    context = DateContext(language=str(language or "").strip().lower().replace("_", "-"))
    needs_context = any(_needs_context(value, context) for values in fields for value in values)
    if needs_context:
        context = _with_evidence(context, [*(value for values in fields for value in values), *others])
    moments = (next(filter(None, (parse_date(value, context) for value in values)), None) for values in fields)
    return EntryDates(tuple(moments), needs_context)


def parse_date(value: object, context: DateContext = NO_CONTEXT) -> Moment | None:
    """Parse a date in any usual form, or a number of seconds or milliseconds since 1970; None if not certain.

    A date without a zone is in UTC, and one without a time is midnight.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return plausible_moment(value / 1000 if abs(value) > MAX_EPOCH_SECONDS else value)
    if not isinstance(value, str):
        return None
    if number := _EPOCH_NUMBER.fullmatch(value.strip()):
        return parse_date(float(number[1] or number[2]))
    parts = read_date_parts(value)
    return _moment(parts, context) if parts else None


def plausible_moment(at: float) -> Moment | None:
    """Return the moment, or None if it is before 1990 or after 2200."""
    return float(at) if MIN_MOMENT <= at < MAX_MOMENT else None


def unless_far_ahead(published: Moment | None, now: Moment) -> Moment | None:
    """Return the date of an entry; None if it is days ahead, as a mistyped year or the day of an event."""
    return None if published is None or published > now + MAX_AHEAD_S else published


def _moment(parts: DateParts, context: DateContext) -> Moment | None:
    day = _decide_day(parts, context.order)
    zone = parts.zone.meaning(context.language, context.offsets) if parts.zone else UTC
    if day is None or zone is None:
        return None
    try:
        local = datetime.combine(day, time(), zone) + timedelta(seconds=parts.seconds)
        return plausible_moment(local.timestamp())
    except (ValueError, OverflowError):
        return None


def _decide_day(parts: DateParts, order: str = "") -> date | None:
    """Return the day if there is only one, or the weekday or the order decides."""
    days = {day for _, day in parts.days}
    if len(days) > 1:
        days = {day for day in days if day.weekday() == parts.weekday} or days
    if len(days) > 1:
        days = {day for known_order, day in parts.days if known_order == order}
    return days.pop() if len(days) == 1 else None


def _needs_context(value: object, context: DateContext) -> bool:
    parts = read_date_parts(value) if isinstance(value, str) else None
    if parts is None:
        return False
    is_zone_open = parts.zone is not None and parts.zone.meaning(context.language, frozenset()) is None
    return is_zone_open or _decide_day(parts) is None


def _with_evidence(context: DateContext, values: Iterable[object]) -> DateContext:
    """Add what the values that are certain say about order and offsets."""
    read = [parts for value in values if isinstance(value, str) and (parts := read_date_parts(value))]
    certain = ((parts, _decide_day(parts)) for parts in read)
    orders = {order for parts, day in certain for order, possible in parts.days if order and possible == day}
    offsets = frozenset(parts.zone.offset for parts in read if parts.zone and parts.zone.offset is not None)
    return DateContext(context.language, orders.pop() if len(orders) == 1 else "", offsets)
