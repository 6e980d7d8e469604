"""Dates and times of day in prose: "14 December", "Dec. 14, 2024", "2026-06-08", "Monday", "10 pm", "07:30".

Unstated parts are None, so "14 December" and "December 14, 2024" agree.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from monitor.text.facts.calendar_words import CALENDAR_CONNECTORS, month_at, numbered_date, weekday_at
from monitor.text.facts.number_words import parse_number_word
from monitor.text.facts.tokens import CALENDAR_START, NUMERAL, Token
from monitor.text.lexicon.stopwords import NON_PLURAL_WORDS

TIME_OF_DAY_PATTERN = re.compile(
    r"(\d{1,2})[:.](\d{2})(?::\d{2})?(am|pm|h)?|(\d{1,2})(am|pm)|([01]\d|2[0-3])([0-5]\d)(?:hrs|h)"
)
SLASHED_DATE_PATTERN = re.compile(r"(\d{1,2})(?:/(\d{1,2})/|\.(\d{1,2})\.)(\d{4}|\d{2})")
WORDS_BEFORE_YEAR = frozenset(
    "in since until till by from during of early late mid and for at until через у в до з с".split()
)
WORDS_BEFORE_MONTH = frozenset("in since until till by during early late mid of from last next this and to".split())
DAY_ENDINGS = CALENDAR_CONNECTORS | {"."}  # between day and month: "14 de maio", "14. Mai"
NO_PLURALS = NON_PLURAL_WORDS | {"s"}  # of "2016's"
AMBIGUOUS_MONTHS = frozenset("may march mar jan".split())  # dates only next to a number


class Date(NamedTuple):
    """A year, month, day, weekday (0 is Monday) and minute of the day, each None if not stated.

    [start, end) are offsets in the text, [first_token, end_token) indexes of tokens.
    """

    year: int | None
    month: int | None
    day: int | None
    weekday: int | None
    minute: int | None
    start: int
    end: int
    first_token: int
    end_token: int

    def parts(self) -> tuple[int | None, ...]:
        """Return (year, month, day, weekday, minute)."""
        return self.year, self.month, self.day, self.weekday, self.minute


def dates_agree(left: Date, right: Date) -> bool:
    """Whether both may be the same moment: at least one part is stated in both, and no such part differs."""
    pairs = [(a, b) for a, b in zip(left.parts(), right.parts(), strict=True) if a is not None and b is not None]
    return bool(pairs) and all(a == b for a, b in pairs)


def find_dates(tokens: Sequence[Token], used_indexes: set[int]) -> list[Date]:
    """Return every date and time of day outside `used_indexes` (identifiers); adds the indexes of its tokens."""
    dates: list[Date] = []
    next_index = 0
    for index, token in enumerate(tokens):
        if not token.word.flags & (CALENDAR_START | NUMERAL) or index < next_index or index in used_indexes:
            continue
        if date := _date_at(tokens, index):
            dates.append(date)
            used_indexes.update(range(date.first_token, date.end_token))
            next_index = date.end_token
    return dates


def _date_at(tokens: Sequence[Token], index: int) -> Date | None:
    return (
        _clock_time(tokens, index)
        or _iso_date(tokens, index)
        or _slashed_date(tokens, index)
        or _marked_date(tokens, index)
        or _day_month_date(tokens, index)
        or _month_day_date(tokens, index)
        or _weekday_date(tokens, index)
        or _year_date(tokens, index)
    )


def _make_date(
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
    """Return the date of the tokens [first, last); what they do not state is None."""
    start, end = tokens[first].start, tokens[last - 1].end
    return Date(year, month, day, weekday, minute, start, end, first, last)


def _folded_at(tokens: Sequence[Token], index: int) -> str:
    return tokens[index].word.folded if 0 <= index < len(tokens) else ""


def _clock_time(tokens: Sequence[Token], index: int) -> Date | None:
    text = _folded_at(tokens, index)
    if not text[:1].isdigit():
        return None
    meridiem, last = _meridiem_at(tokens, index + 1)
    match = None if text.isdecimal() else TIME_OF_DAY_PATTERN.fullmatch(text)
    if match:
        hour, minute = match[1] or match[4] or match[6], match[2] or match[7] or "0"
        meridiem = match[3] if match[3] in ("am", "pm") else match[5] or meridiem
        if "." in text and not meridiem:
            return None
    elif meridiem and text.isdecimal() and len(text) <= 2:
        hour, minute = text, "0"
    else:
        return None
    hours, minutes = int(hour), int(minute)
    if hours > 24 or minutes > 59:
        return None
    if meridiem in ("am", "pm"):
        hours = hours % 12 + (12 if meridiem == "pm" else 0)
    return _make_date(tokens, index, last, minute=hours * 60 + minutes)


def _meridiem_at(tokens: Sequence[Token], index: int) -> tuple[str, int]:
    """Return "am", "pm" or "" at `index`, and the index after it."""
    text = _folded_at(tokens, index)
    return (text, index + 1) if text in ("am", "pm") else ("", index)


def _iso_date(tokens: Sequence[Token], index: int) -> Date | None:
    if _folded_at(tokens, index + 1) != "-" or _folded_at(tokens, index + 3) != "-":
        return None
    year, month, day = (_folded_at(tokens, index + offset) for offset in (0, 2, 4))
    if len(year) != 4 or not (year.isdecimal() and month.isdecimal() and day.isdecimal()):
        return None
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 31):
        return None
    return _make_date(tokens, index, index + 5, year=int(year), month=int(month), day=int(day))


def _slashed_date(tokens: Sequence[Token], index: int) -> Date | None:
    text = _folded_at(tokens, index)
    if text.isdecimal() or not (match := SLASHED_DATE_PATTERN.fullmatch(text)):
        return None
    day, month, year = int(match[1]), int(match[2] or match[3]), int(match[4])
    if month > 12:
        day, month = month, day
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return _make_date(tokens, index, index + 1, year=year if year > 99 else 2000 + year, month=month, day=day)


def _marked_date(tokens: Sequence[Token], index: int) -> Date | None:
    """Parse "2024年12月14日" and "12월 14일"."""
    date = numbered_date(tokens, index)
    if date is None:
        return None
    return _make_date(tokens, index, date.end, year=date.year, month=date.month, day=date.day)


def _day_at(tokens: Sequence[Token], index: int) -> int | None:
    text = _folded_at(tokens, index)
    if not text[:1].isdigit():
        return None
    number = parse_number_word(text)
    if (
        number
        and number.scale == 1
        and not number.unit
        and 1 <= number.value <= 31
        and number.value == int(number.value)
    ):
        return int(number.value)
    return None


def _year_at(tokens: Sequence[Token], index: int) -> tuple[int | None, int]:
    """Return a year at `index` (or after a comma or "of" there) and the index after it, or (None, `index`)."""
    offset = 1 if _folded_at(tokens, index) in (",", "of") else 0
    text = _folded_at(tokens, index + offset)
    if len(text) == 4 and text.isdecimal() and 1500 <= int(text) <= 2199:
        return int(text), index + offset + 1
    return None, index


def _day_month_date(tokens: Sequence[Token], index: int) -> Date | None:
    day = _day_at(tokens, index)
    if day is None:
        return None
    month = month_at(tokens, index + 1)
    if month is None and _folded_at(tokens, index + 1) in DAY_ENDINGS:
        month = month_at(tokens, index + 2)
    if month is None:
        return None
    after = _skip_dot(tokens, month.end)
    after += _folded_at(tokens, after) in CALENDAR_CONNECTORS
    year, last = _year_at(tokens, after)
    return _make_date(tokens, index, last if year else month.end, year=year, month=month.number, day=day)


def _month_day_date(tokens: Sequence[Token], index: int) -> Date | None:
    month = month_at(tokens, index)
    if month is None or not month.has_its_case:
        return None
    day_index = _skip_dot(tokens, month.end)
    day = _day_at(tokens, day_index)
    if day is not None and len(_folded_at(tokens, day_index)) <= 4:
        year, last = _year_at(tokens, day_index + 1)
        return _make_date(tokens, index, last, year=year, month=month.number, day=day)
    year, last = _year_at(tokens, day_index + (_folded_at(tokens, day_index) in CALENDAR_CONNECTORS))
    if year is None and not _counts_alone(tokens, index, month.counts_alone):
        return None
    return _make_date(tokens, index, last if year else month.end, year=year, month=month.number)


def _counts_alone(tokens: Sequence[Token], index: int, counts_alone: bool) -> bool:
    if _folded_at(tokens, index) in AMBIGUOUS_MONTHS:
        return _folded_at(tokens, index - 1) in WORDS_BEFORE_MONTH
    return counts_alone


def _skip_dot(tokens: Sequence[Token], index: int) -> int:
    before_number = index + 1 < len(tokens) and tokens[index + 1].word.digits
    return index + 1 if before_number and _folded_at(tokens, index) == "." else index


def _weekday_date(tokens: Sequence[Token], index: int) -> Date | None:
    weekday = weekday_at(tokens, index)
    return _make_date(tokens, index, weekday.end, weekday=weekday.number) if weekday else None


def _year_date(tokens: Sequence[Token], index: int) -> Date | None:
    text = tokens[index].word.folded
    is_decade = text.endswith("s")
    digits = text[:-1] if is_decade else text
    if len(digits) != 4 or not digits.isdecimal() or not 1800 <= int(digits) <= 2199:
        return None
    if (
        not is_decade
        and _is_counted_noun(_folded_at(tokens, index + 1))
        and _folded_at(tokens, index - 1) not in WORDS_BEFORE_YEAR
    ):
        return None
    return _make_date(tokens, index, index + 1, year=int(digits) + (10_000 if is_decade else 0))


def _is_counted_noun(following: str) -> bool:
    """Whether a plural noun follows: "2016 soldiers" is a count; "2016 was" and "2016 has" are years."""
    return following[:1].isalpha() and following.endswith("s") and following not in NO_PLURALS
