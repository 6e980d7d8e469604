"""Finds the names of months and weekdays among tokens, and dates whose numbers have markers ("12月14日")."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from monitor.text.facts.tokens import CALENDAR_START, Token, spelling_key
from monitor.text.lexicon.cldr import CalendarName, calendar_names, date_marker, names_starting_with
from monitor.text.lexicon.cues import WEEKDAYS

CALENDAR_CONNECTORS = frozenset("of de del den da di su".split())  # between day, month and year
AMBIGUOUS_WEEKDAYS = frozenset("sun mon sat".split())  # never a weekday
MARKED_NUMBER_PATTERN = re.compile(r"\d{1,4}")
MAX_MARKED_PARTS = 3  # year, month, day
MARKED_LIMITS = {"Y": (1500, 2199), "M": (1, 12), "D": (1, 31)}


class CalendarWord(NamedTuple):
    """A month (from 1) or weekday (from 0, Monday) that ends before token `end`."""

    number: int
    end: int
    counts_alone: bool = True  # without a number beside it
    has_its_case: bool = True  # capitalized if the name has to be


class NumberedDate(NamedTuple):
    """A date whose parts are numbers with markers; ends before token `end`."""

    year: int | None
    month: int | None
    day: int | None
    end: int


def month_at(tokens: Sequence[Token], index: int) -> CalendarWord | None:
    """Return the month at `index`."""
    name = _name_at(tokens, index, "m")
    if name is None:
        return None
    word = tokens[index].word
    is_capital_missing = name.is_capitalized and not word.is_capitalized
    return CalendarWord(name.number, index + 1 + len(name.following), name.counts_alone, not is_capital_missing)


def weekday_at(tokens: Sequence[Token], index: int) -> CalendarWord | None:
    """Return the weekday at `index`."""
    folded = tokens[index].word.folded
    if folded in WEEKDAYS:
        return None if folded in AMBIGUOUS_WEEKDAYS else CalendarWord(WEEKDAYS[folded], index + 1)
    name = _name_at(tokens, index, "d")
    return CalendarWord(name.number, index + 1 + len(name.following)) if name else None


def _name_at(tokens: Sequence[Token], index: int, kind: str) -> CalendarName | None:
    if not 0 <= index < len(tokens) or not tokens[index].word.flags & CALENDAR_START:
        return None
    word = tokens[index].word
    for name in calendar_names(names_starting_with(spelling_key(word.text))):
        following = tuple(token.word.folded for token in tokens[index + 1 : index + 1 + len(name.following)])
        if name.kind == kind and following == name.following and not (name.is_lower_case and word.is_capitalized):
            return name
    return None


def numbered_date(tokens: Sequence[Token], index: int) -> NumberedDate | None:
    """Return the date at `index` if its parts are numbers with markers and include a year or month."""
    parts: dict[str, int] = {}
    end = index
    while len(parts) < MAX_MARKED_PARTS and (part := _marked_part(tokens, end)):
        marker, value, after = part
        if marker in parts:
            break
        parts[marker] = value
        end = after
    if not parts.keys() & {"Y", "M"}:
        return None
    return NumberedDate(parts.get("Y"), parts.get("M"), parts.get("D"), end)


def _marked_part(tokens: Sequence[Token], index: int) -> tuple[str, int, int] | None:
    """Return the marker at `index` ("Y", "M" or "D"), its number, and the index after it."""
    if index >= len(tokens) or not tokens[index].word.text[0].isdecimal():
        return None
    digits, marker, end = _split_marker(tokens, index)
    kind = date_marker(marker) if digits.isdecimal() and not marker.isascii() else ""
    if not kind or not MARKED_LIMITS[kind][0] <= int(digits) <= MARKED_LIMITS[kind][1]:
        return None
    return kind, int(digits), end


def _split_marker(tokens: Sequence[Token], index: int) -> tuple[str, str, int]:
    """Return the digits at `index`, what follows them in that token or the next, and the index after both."""
    text = tokens[index].word.folded
    digits = MARKED_NUMBER_PATTERN.match(text)
    marker = text[digits.end() :] if digits else text
    if marker or index + 1 == len(tokens):
        return text.removesuffix(marker) if marker else text, marker, index + 1
    return text, tokens[index + 1].word.folded, index + 2
