"""Finds the number that a text states for a word: for `soldiers > 10000` and a rule's `figures:`."""

from __future__ import annotations

import operator
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from functools import lru_cache

from monitor.ruleset.query.normalize import INVISIBLE_LETTERS, MARK_LETTERS, folded_words
from monitor.text.facts import dates, numbers
from monitor.text.facts.numbers import Quantity
from monitor.text.facts.tokens import tokenize
from monitor.text.lexicon.figures import CARDINALS, FRACTIONS, ORDINALS, SCALES

MAX_WORDS_BETWEEN = 5  # words between a number and the word it is stated for
MAX_CHARS_BETWEEN = 400  # characters between them; a cheap test before the words are counted
_SENTENCE_BREAK = re.compile(r"[.;!?](\s|$)")
_NUMBER_WORDS = frozenset(
    folded for table in (CARDINALS, ORDINALS, SCALES, FRACTIONS) for word in table for folded in folded_words(word)
)
_MARKS_INSIDE_WORDS = frozenset(INVISIBLE_LETTERS + MARK_LETTERS)
_APOSTROPHE_INSIDE_WORD = re.compile(r"['’ʼ`](?!s\b)[^\W\d_]")
_DOTTED_LETTERS = re.compile(r"(?:[^\W\d_]\.){2}")

# a range such as "10,000 to 12,000" matches if any number in it does
COMPARISONS: dict[str, Callable[[float, float, float], bool]] = {
    ">": lambda low, high, number: operator.gt(high, number),
    ">=": lambda low, high, number: operator.ge(high, number),
    "<": lambda low, high, number: operator.lt(low, number),
    "<=": lambda low, high, number: operator.le(low, number),
    "=": lambda low, high, number: low <= number <= high,
}


def number_for_word(text: str, start: int, end: int) -> Quantity | None:
    """Return the number stated for the word at [start, end): the nearest one before it within reach, else after it.

    Dates, ordinals and forecasts ("could pass 20,000") do not count.
    """
    quantities = stated_quantities(text)
    count_before = bisect_right(quantities, start, key=lambda quantity: quantity.end)
    if count_before and _is_within_reach(text, quantities[count_before - 1].end, start):
        return quantities[count_before - 1]
    next_index = bisect_left(quantities, end, key=lambda quantity: quantity.start)
    if next_index < len(quantities) and _is_within_reach(text, end, quantities[next_index].start):
        return quantities[next_index]
    return None


@lru_cache(maxsize=256)
def stated_quantities(text: str) -> tuple[Quantity, ...]:
    """The amounts in a text, in order; without dates, ordinals and forecasts."""
    tokens = tokenize(text)
    used_tokens: set[int] = set()
    dates.find_dates(tokens, used_tokens)
    return tuple(
        quantity
        for quantity in numbers.find_quantities(tokens, used_tokens)
        if not (quantity.is_ordinal or quantity.is_projected)
    )


def _is_within_reach(text: str, start: int, end: int) -> bool:
    if end - start > MAX_CHARS_BETWEEN:
        return False
    between = text[start:end]
    return not _SENTENCE_BREAK.search(between) and len(folded_words(between)) <= MAX_WORDS_BETWEEN


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
