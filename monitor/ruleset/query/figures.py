"""Finds the number that a text states for a word: for `soldiers > 10000` and a rule's `figures:`."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from itertools import islice, takewhile

from monitor.ruleset.query.normalize import INVISIBLE_LETTERS, MARK_LETTERS, folded_words
from monitor.text.lexicon.figures import CARDINALS, FRACTIONS, ORDINALS, SCALES
from monitor.text.stated_numbers import NumberKind, StatedNumber, numbers_by_dimension, stated_numbers

MAX_WORDS_BETWEEN = 5  # words between a number and the word it is stated for, not counting other numbers
MAX_CHARS_BETWEEN = 400  # characters between them; a cheap test before the words are counted
_SENTENCE_BREAK = re.compile(r"[.;!?](\s|$)")
_SEPARATOR = re.compile(r"[,;:|()\[\]–—]|\b(?:and|but|or|while|та|і|й|и|а|або|или)\b", re.IGNORECASE)
# What may be between a word and its number so that the number is closer than one before a separator.
_LINK = re.compile(
    r"[\s:=~|(]*(?:(?:at|to|of|is|was|are|were|by|now|hits?|reach(?:es|ed)|stood|stands)\s+){0,2}",
    re.IGNORECASE,
)
_NUMBER_WORDS = frozenset(
    folded for table in (CARDINALS, ORDINALS, SCALES, FRACTIONS) for word in table for folded in folded_words(word)
)
_MARKS_INSIDE_WORDS = frozenset(INVISIBLE_LETTERS + MARK_LETTERS)
_APOSTROPHE_INSIDE_WORD = re.compile(r"['’ʼ`](?!s\b)[^\W\d_]")
_DOTTED_LETTERS = re.compile(r"(?:[^\W\d_]\.){2}")


def number_for_word(text: str, start: int, end: int, dimension: str = "") -> StatedNumber | None:
    """Return the number of a dimension stated for the word at [start, end), a fact or a forecast; None without one.

    The nearest before it within reach, else the nearest after it; the latter too if it is next to the word, and the
    one before is across a comma or "and". A word that is a unit ("days") has its own number.
    """
    number = _number_with_unit_word(text, start, end)
    if number and dimension in ("", number.dimension):
        return number
    numbers = numbers_by_dimension(text).get(dimension, ())
    count_before = bisect_right(numbers, start, key=lambda number: number.end)
    before = numbers[count_before - 1] if count_before else None
    if before and not _is_within_reach(text, before.end, start):
        before = None
    if before and not _SEPARATOR.search(text, before.end, start):
        return before
    after_index = bisect_left(numbers, end, key=lambda number: number.start)
    after = numbers[after_index] if after_index < len(numbers) else None
    if after and not _is_within_reach(text, end, after.start):
        after = None
    return after if after and (not before or _LINK.fullmatch(text, end, after.start)) else before


def nearest_number(text: str, start: int, end: int) -> StatedNumber | None:
    """Return the number of any dimension and kind that is nearest to the word, within reach."""

    def between(number: StatedNumber) -> tuple[int, int]:
        return (number.end, start) if number.end <= start else (end, max(end, number.start))

    near = [number for number in stated_numbers(text) if _is_within_reach(text, *between(number))]
    return min(near, key=lambda number: max(start - number.end, number.start - end), default=None)


def forecast_at(text: str, start: int, end: int) -> bool:
    """Return whether the words at [start, end) have a number that is a forecast."""
    return any(
        number.kind is NumberKind.FORECAST and number.start < end and start < number.end
        for number in stated_numbers(text)
    )


def _number_with_unit_word(text: str, start: int, end: int) -> StatedNumber | None:
    """Return the number whose unit is the word: "days" in "30 days"."""
    numbers = stated_numbers(text)
    index = bisect_right(numbers, start, key=lambda number: number.end)
    if index == len(numbers) or numbers[index].start > start or end > numbers[index].end:
        return None
    is_the_number_itself = any(map(str.isdigit, text[start:end]))
    return None if is_the_number_itself or numbers[index].kind is NumberKind.EARLIER else numbers[index]


def _is_within_reach(text: str, start: int, end: int) -> bool:
    if end - start > MAX_CHARS_BETWEEN:
        return False
    between = text[start:end]
    if _SENTENCE_BREAK.search(between):
        return False
    excess = len(folded_words(between)) - MAX_WORDS_BETWEEN
    return excess <= 0 or excess <= _count_words_of_numbers(text, start, end)


def _count_words_of_numbers(text: str, start: int, end: int) -> int:
    """Return the number of words of the numbers in [start, end), which do not count: "by 25 basis points to 4.5%"."""
    numbers = stated_numbers(text)
    first = bisect_left(numbers, start, key=lambda number: number.start)
    inside = takewhile(lambda number: number.end <= end, islice(numbers, first, None))
    return sum(len(folded_words(text[number.start : number.end])) for number in inside)


def may_be_number(word: str) -> bool:
    """Return whether a folded word could be a number or part of one."""
    return word in _NUMBER_WORDS or any(map(str.isdigit, word))


def may_hide_number(text: str) -> bool:
    """Return whether the text may have a number that folded words miss: "п'ять", or one with an invisible letter."""
    if text.isascii() and "'" not in text and "`" not in text and text.count(".") < 2:
        return False  # the common case, and a cheap test
    if not text.isascii() and not _MARKS_INSIDE_WORDS.isdisjoint(text):
        return True
    return bool(_APOSTROPHE_INSIDE_WORD.search(text) or _DOTTED_LETTERS.search(text))
