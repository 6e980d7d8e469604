"""Resolves the days of a claim's events by the day of its publication, and compares them."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime

from monitor.model import Moment
from monitor.text.analysis import ClaimAnalysis
from monitor.text.facts.dates import Date
from monitor.text.statement import read_statement

DayRange = tuple[int, int]  # the first and the last day, as ordinals of the Gregorian calendar

WEEK = 7
DECADE_MARK = 10_000  # `Date.year` of "the 1990s" is 11990


def publication_day(published: Moment) -> int:
    return datetime.fromtimestamp(published, UTC).toordinal()


def event_days(claim: ClaimAnalysis, published: Moment | None) -> list[DayRange]:
    """Return the days that a claim states; relative days and dates without a year only if `published` is known."""
    statement = read_statement(claim)
    found = [resolved for one in statement.dates if (resolved := resolve_date(one, published))]
    if published is not None:
        today = publication_day(published)
        found += [(today + first, today + last) for first, last in statement.relative_days]
    return found


def resolve_date(stated: Date, published: Moment | None) -> DayRange | None:
    """Return the days of a date, or None if it is a time of day or cannot be resolved."""
    if stated.month is None and stated.day is None and stated.year is None:
        return _last_weekday(stated.weekday, published)
    if stated.year is not None and stated.year > DECADE_MARK:
        return None
    if stated.year is not None:
        return _days_of(stated.year, stated.month, stated.day)
    if published is None or stated.month is None:
        return None
    today = datetime.fromtimestamp(published, UTC).date()
    near = [_days_of(year, stated.month, stated.day) for year in (today.year - 1, today.year, today.year + 1)]
    return min((days for days in near if days), key=lambda days: abs(days[0] - today.toordinal()), default=None)


def _last_weekday(weekday: int | None, published: Moment | None) -> DayRange | None:
    """Return the last day with that name, the day of publication included."""
    if weekday is None or published is None:
        return None
    today = publication_day(published)
    day = today - (datetime.fromordinal(today).weekday() - weekday) % WEEK
    return day, day


def _days_of(year: int, month: int | None, day: int | None) -> DayRange | None:
    try:
        if month is None:
            return date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
        if day is None:
            return date(year, month, 1).toordinal(), date(year, month, monthrange(year, month)[1]).toordinal()
        only = date(year, month, day).toordinal()
    except ValueError:  # 30 February
        return None
    return only, only


def overlap(one: DayRange, other: DayRange) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]
