"""Names of months, weekdays and territories in the languages of CLDR, from the sorted file `cldr.txt`.

`benchmarks/lexicon_from_cldr.py` writes the file. It is read on first use and kept as sorted lines, which take less
memory than a dict: a name is looked up by bisection.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

Name = tuple[tuple[str, ...], str]  # the words after the first, and the meaning

STEM_MARK = "~"  # begins the lines of stems


class CalendarName(NamedTuple):
    """A month or weekday that begins with a given word: the words after it, and what it means."""

    following: tuple[str, ...]
    kind: str  # "m" a month, "d" a weekday
    number: int  # of the month from 1, of the weekday from 0 (Monday)
    counts_alone: bool  # without a number beside it
    is_lower_case: bool  # with a capital it is another word
    is_capitalized: bool  # without a capital it is another word


@cache
def _lines() -> list[bytes]:
    return Path(__file__).with_name("cldr.txt").read_bytes().splitlines()


def names_starting_with(word: str) -> tuple[Name, ...]:
    """Return (the words after `word`, meaning) of every name whose first word is `word`."""
    lines = _lines()
    start = word.encode("utf-8", "replace")
    first = last = bisect_left(lines, start + b"\t")
    while last < len(lines) and lines[last].startswith(start) and lines[last][len(start)] in b"\t ":
        last += 1
    return tuple(_read_name(line[len(start) :]) for line in lines[first:last]) if last > first else ()


def _read_name(line: bytes) -> Name:
    words, _, meaning = line.decode().partition("\t")
    return tuple(words.split()), meaning


def calendar_names(names: Sequence[Name]) -> tuple[CalendarName, ...]:
    """Return the months and weekdays among `names`, those with most words first."""
    calendar = [_read_calendar_name(*name) for name in names if name[1][0] in "md"]
    return tuple(sorted(calendar, key=lambda name: -len(name.following)))


def is_month(word: str) -> bool:
    """Whether a folded word alone is the name of a month in any language, or its short form."""
    return any(not name.following and name.kind == "m" for name in calendar_names(names_starting_with(word)))


def _read_calendar_name(following: tuple[str, ...], meaning: str) -> CalendarName:
    number = int(meaning[1:].rstrip("+_^"))
    return CalendarName(following, meaning[0], number, "+" in meaning, "_" in meaning, "^" in meaning)


def territory_names(names: Sequence[Name]) -> tuple[Name, ...]:
    """Return (the words after the first, ISO 3166 code) of the territories among `names`."""
    return tuple(name for name in names if len(name[1]) == 2 and name[1].isupper())


def territory_of_stem(stem: str) -> str:
    """Return the ISO 3166 code of the territory whose name has this stem, or ""."""
    return next((code for words, code in names_starting_with(STEM_MARK + stem) if not words), "")


def date_marker(word: str) -> str:
    """Return "Y", "M" or "D" for what follows a year, month or day in "2024年12月14日", else ""."""
    return next((meaning for words, meaning in names_starting_with(word) if not words and meaning in "YMD"), "")
