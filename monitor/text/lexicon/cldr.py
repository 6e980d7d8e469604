"""Names of months, weekdays and territories in the languages of CLDR, from the sorted file `cldr.txt`.

`benchmarks/lexicon_from_cldr.py` writes the file. It is read on first use and kept as sorted lines, which take less
memory than a dict: a name is looked up by bisection.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

STEM_MARK = "~"  # begins the lines of stems


class CalendarName(NamedTuple):
    """A month or weekday that begins with a given word: the words after it, and what it means."""

    following: tuple[str, ...]
    kind: str  # "m" a month, "d" a weekday
    number: int  # of the month from 1, of the weekday from 0 (Monday)
    counts_alone: bool  # without a number beside it
    is_lower_case: bool  # with a capital it is another word


@cache
def _lines() -> list[bytes]:
    return Path(__file__).with_name("cldr.txt").read_bytes().splitlines()


def _names_starting_with(word: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield (the words after `word`, meaning) of every name whose first word is `word`."""
    lines = _lines()
    start = word.encode("utf-8", "replace")
    for index in range(bisect_left(lines, start + b"\t"), len(lines)):
        line = lines[index]
        if not line.startswith(start) or line[len(start)] not in b"\t ":
            return
        words, _, meaning = line[len(start) :].decode().partition("\t")
        yield tuple(words.split()), meaning


def calendar_names(word: str) -> tuple[CalendarName, ...]:
    """Return the months and weekdays whose first word is `word`, those with most words first."""
    names = [
        CalendarName(words, meaning[0], int(meaning[1:].rstrip("+_")), "+" in meaning, "_" in meaning)
        for words, meaning in _names_starting_with(word)
        if meaning[0] in "md"
    ]
    return tuple(sorted(names, key=lambda name: -len(name.following)))


def territory_names(word: str) -> tuple[tuple[tuple[str, ...], str], ...]:
    """Return (the words after `word`, ISO 3166 code) of the territories whose first word is `word`."""
    return tuple(name for name in _names_starting_with(word) if len(name[1]) == 2 and name[1].isupper())


def territory_of_stem(stem: str) -> str:
    """Return the ISO 3166 code of the territory whose name has this stem, or ""."""
    return next((code for words, code in _names_starting_with(STEM_MARK + stem) if not words), "")


def date_marker(word: str) -> str:
    """Return "Y", "M" or "D" for what follows a year, month or day in "2024年12月14日", else ""."""
    return next((meaning for words, meaning in _names_starting_with(word) if not words and meaning in "YMD"), "")
