"""Resolves the days of a claim's events by the day of its publication, and compares them."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, date, datetime

from monitor.model import Moment
from monitor.text.analysis import ClaimAnalysis
from monitor.text.facts.dates import Date, dates_agree
from monitor.text.statement import read_statement
from monitor.units import HOUR

DayRange = tuple[int, int]  # the first and the last day, as ordinals of the Gregorian calendar

WEEK = 7
COPY_S = 12 * HOUR
DECADE_MARK = 10_000  # `Date.year` of "the 1990s" is 11990


def publication_day(published: Moment) -> int:
    return datetime.fromtimestamp(published, UTC).toordinal()


def event_days(claim: ClaimAnalysis, published: Moment | None) -> list[DayRange]:
    """Return the days that a claim states; relative days and dates without a year only if `published` is known."""
    statement = read_statement(claim)
    days = [resolved for stated in statement.dates if (resolved := resolve_date(stated, published))]
    if published is not None:
        today = publication_day(published)
        days += [(today + first, today + last) for first, last in statement.relative_days]
    return days


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
    possible_days = [
        _days_of(year, stated.month, stated.day) for year in (today.year - 1, today.year, today.year + 1)
    ]
    return min(
        (days for days in possible_days if days), key=lambda days: abs(days[0] - today.toordinal()), default=None
    )


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


def has_new_day(before: ClaimAnalysis, after: ClaimAnalysis, published: tuple[Moment, Moment] | None) -> bool:
    """Whether `after` is about a day that `before` is not about.

    If `before` states no day, any day after its publication is new. Without times of publication, stated dates are
    compared as they are written.
    """
    if published is None:
        return _states_other_date(read_statement(before).dates, read_statement(after).dates)
    days = event_days(after, published[1])
    if not days:
        return False
    known = event_days(before, published[0])
    if known:
        return any(not any(overlap(day, other) for other in known) for day in days)
    return any(first > publication_day(published[0]) for first, _ in days)


def is_said_of_another_day(claim: ClaimAnalysis, published: tuple[Moment, Moment] | None) -> bool:
    """Whether the same words mean another day the second time: "on Monday", a week later.

    A copy published within COPY_S is of the same day: it may only have crossed midnight.
    """
    if published is None or published[1] - published[0] < COPY_S:
        return False
    return has_new_day(claim, claim, published)


def _states_other_date(known: Sequence[Date], stated: Sequence[Date]) -> bool:
    return any(
        not any(dates_agree(day, other) for other in known) and any(_same_grain(day, other) for other in known)
        for day in stated
    )


def _same_grain(one: Date, other: Date) -> bool:
    """Whether both state a year, both a month, both a day or both a weekday."""
    return any(a is not None and b is not None for a, b in zip(one.parts()[:4], other.parts()[:4], strict=True))


def may_have_moved(after: ClaimAnalysis, published: tuple[Moment, Moment] | None) -> bool:
    """Whether another date may be that of the same event: a correction, or a date in the future that was moved.

    A day after the earlier claim appeared, but not after the later one did, is the day of another event.
    """
    if published is None:
        return True
    first_days = [first for first, _ in event_days(after, published[1])]
    is_future = any(day > publication_day(published[1]) for day in first_days)
    return is_future or not any(day > publication_day(published[0]) for day in first_days)
