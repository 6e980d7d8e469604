"""Dates and times of day in prose: "14 December", "Dec. 14, 2024", "2026-06-08", "Monday", "10 pm", "07:30".

What is not said stays unknown, so "14 December" and "December 14, 2024" agree and "May 2025" fits both.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from monitor.text.facts.spelling import figure
from monitor.text.lexicon.cues import MONTHS, WEEKDAYS
from monitor.text.tokens import CALENDAR, FIGURE, Token

CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})(?::\d{2})?(am|pm|h)?|(\d{1,2})(am|pm)|([01]\d|2[0-3])([0-5]\d)(?:hrs|h)")
SLASHED = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4}|\d{2})")
BEFORE_YEAR = frozenset(
    "in since until till by from during of early late mid and for at until через у в до з с".split()
)
BEFORE_MONTH = frozenset("in since until till by during early late mid of from last next this and to".split())
NOT_COUNTED = frozenset("was is has as does this its his s".split())
UNSURE = frozenset("may march mar jan sun mon sat".split())  # words of their own unless a figure stands beside


class Date(NamedTuple):
    """A day, month, year, weekday (0 Monday) or minute of the day, each None if not said."""

    year: int | None
    month: int | None
    day: int | None
    weekday: int | None
    minute: int | None
    start: int
    end: int
    first: int
    last: int

    def parts(self) -> tuple[int | None, ...]:
        """(year, month, day, weekday, minute)."""
        return self.year, self.month, self.day, self.weekday, self.minute


def agree(one: Date, other: Date) -> bool:
    """Whether the two could be one moment: they say something in common and nothing against each other."""
    pairs = [(a, b) for a, b in zip(one.parts(), other.parts(), strict=True) if a is not None and b is not None]
    return bool(pairs) and all(a == b for a, b in pairs)


def find(tokens: Sequence[Token], taken: set[int]) -> list[Date]:
    """Every date and time of day among `tokens`; adds the indexes it uses to `taken`."""
    found: list[Date] = []
    after = 0
    for index, token in enumerate(tokens):
        if token.word.marks & (CALENDAR | FIGURE) and index >= after and (date := _at(tokens, index)):
            found.append(date)
            taken.update(range(date.first, date.last))
            after = date.last
    return found


def _at(tokens: Sequence[Token], index: int) -> Date | None:
    return (
        _clock(tokens, index)
        or _iso(tokens, index)
        or _slashed(tokens, index)
        or _day_month(tokens, index)
        or _month_day(tokens, index)
        or _weekday(tokens, index)
        or _year(tokens, index)
    )


def _date(
    tokens: Sequence[Token],
    first: int,
    last: int,
    *,
    year: int | None = None,
    month: int | None = None,
    day: int | None = None,
    weekday: int | None = None,
    minute: int | None = None,
) -> Date:
    start, end = tokens[first].start, tokens[last - 1].end
    return Date(year, month, day, weekday, minute, start, end, first, last)


def _fold(tokens: Sequence[Token], index: int) -> str:
    return tokens[index].word.fold if 0 <= index < len(tokens) else ""


def _clock(tokens: Sequence[Token], index: int) -> Date | None:
    text = _fold(tokens, index)
    if not text[:1].isdigit():
        return None
    half, last = _half(tokens, index + 1)
    found = None if text.isdecimal() else CLOCK.fullmatch(text)
    if found:
        hour, minute = found[1] or found[4] or found[6], found[2] or found[7] or "0"
        half = found[3] if found[3] in ("am", "pm") else found[5] or half
        if "." in text and not half:
            return None
    elif half and text.isdecimal() and len(text) <= 2:
        hour, minute = text, "0"
    else:
        return None
    hours, minutes = int(hour), int(minute)
    if hours > 24 or minutes > 59:
        return None
    if half in ("am", "pm"):
        hours = hours % 12 + (12 if half == "pm" else 0)
    return _date(tokens, index, last, minute=hours * 60 + minutes)


def _half(tokens: Sequence[Token], at: int) -> tuple[str, int]:
    """ "am" or "pm" at index `at`, however it is spelt, and the index after it."""
    text = _fold(tokens, at)
    return (text, at + 1) if text in ("am", "pm") else ("", at)


def _iso(tokens: Sequence[Token], index: int) -> Date | None:
    if _fold(tokens, index + 1) != "-" or _fold(tokens, index + 3) != "-":
        return None
    year, month, day = (_fold(tokens, index + step) for step in (0, 2, 4))
    if len(year) != 4 or not (year.isdecimal() and month.isdecimal() and day.isdecimal()):
        return None
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return None
    return _date(tokens, index, index + 5, year=int(year), month=int(month), day=int(day))


def _slashed(tokens: Sequence[Token], index: int) -> Date | None:
    text = _fold(tokens, index)
    if text.isdecimal() or not (found := SLASHED.fullmatch(text)):
        return None
    day, month, year = int(found[1]), int(found[2]), int(found[3])
    if month > 12:
        day, month = month, day
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return _date(tokens, index, index + 1, year=year if year > 99 else 2000 + year, month=month, day=day)


def _month(tokens: Sequence[Token], index: int) -> int | None:
    return MONTHS.get(_fold(tokens, index))


def _day(tokens: Sequence[Token], index: int) -> int | None:
    text = _fold(tokens, index)
    if not text[:1].isdigit():
        return None
    said = figure(text)
    if said and said.scale == 1 and not said.unit and 1 <= said.value <= 31 and said.value == int(said.value):
        return int(said.value)
    return None


def _year_at(tokens: Sequence[Token], at: int) -> tuple[int | None, int]:
    """A year at index `at`, past a comma, and the index after it; (None, `at`) if there is none."""
    step = 1 if _fold(tokens, at) in (",", "of") else 0
    text = _fold(tokens, at + step)
    if len(text) == 4 and text.isdecimal() and 1500 <= int(text) <= 2199:
        return int(text), at + step + 1
    return None, at


def _day_month(tokens: Sequence[Token], index: int) -> Date | None:
    day = _day(tokens, index)
    if day is None:
        return None
    step = 2 if _fold(tokens, index + 1) == "of" else 1
    month = _month(tokens, index + step)
    if month is None:
        return None
    year, last = _year_at(tokens, _past_dot(tokens, index + step + 1))
    return _date(tokens, index, last, year=year, month=month, day=day)


def _month_day(tokens: Sequence[Token], index: int) -> Date | None:
    month = _month(tokens, index)
    if month is None or (not tokens[index].word.capital and tokens[index].word.text.isascii()):
        return None
    after = _past_dot(tokens, index + 1)
    day = _day(tokens, after)
    if day is not None and len(_fold(tokens, after)) <= 4:
        year, last = _year_at(tokens, after + 1)
        return _date(tokens, index, last, year=year, month=month, day=day)
    year, last = _year_at(tokens, after)
    if year is None and _fold(tokens, index) in UNSURE and _fold(tokens, index - 1) not in BEFORE_MONTH:
        return None
    return _date(tokens, index, last if year else index + 1, year=year, month=month)


def _past_dot(tokens: Sequence[Token], at: int) -> int:
    return at + 1 if _fold(tokens, at) == "." and at + 1 < len(tokens) and tokens[at + 1].word.digits else at


def _weekday(tokens: Sequence[Token], index: int) -> Date | None:
    weekday = WEEKDAYS.get(_fold(tokens, index))
    if weekday is None or _fold(tokens, index) in UNSURE:
        return None
    return _date(tokens, index, index + 1, weekday=weekday)


def _year(tokens: Sequence[Token], index: int) -> Date | None:
    text = tokens[index].word.fold
    decade = text.endswith("s")
    digits = text[:-1] if decade else text
    if len(digits) != 4 or not digits.isdecimal() or not 1800 <= int(digits) <= 2199:
        return None
    if not decade and _counts(_fold(tokens, index + 1)) and _fold(tokens, index - 1) not in BEFORE_YEAR:
        return None
    return _date(tokens, index, index + 1, year=int(digits) + (10_000 if decade else 0))


def _counts(following: str) -> bool:
    """ "2016 soldiers" is a count; "2016 was" and "2016 has" are years."""
    return following[:1].isalpha() and following.endswith("s") and following not in NOT_COUNTED
