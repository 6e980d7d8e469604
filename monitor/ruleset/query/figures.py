"""Numbers in prose said of a word: `soldiers > 10000` and a rule's `figures:`."""

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

MAX_WORDS_BETWEEN = 5  # words that may stand between a number and the word it is said of
MAX_CHARS_BETWEEN = 400  # letters that so few words can have
_SENTENCE_BREAK = re.compile(r"[.;!?](\s|$)")
_NUMBER_WORDS = frozenset(
    folded for table in (CARDINALS, ORDINALS, SCALES, FRACTIONS) for word in table for folded in folded_words(word)
)
_MARKS_INSIDE_WORDS = frozenset(INVISIBLE_LETTERS + MARK_LETTERS)
_APOSTROPHE_INSIDE_WORD = re.compile(r"['’ʼ`](?!s\b)[^\W\d_]")
_DOTTED_LETTERS = re.compile(r"(?:[^\W\d_]\.){2}")

# a range such as "10,000 to 12,000" passes if any number of it does
COMPARISONS: dict[str, Callable[[float, float, float], bool]] = {
    ">": lambda low, high, number: operator.gt(high, number),
    ">=": lambda low, high, number: operator.ge(high, number),
    "<": lambda low, high, number: operator.lt(low, number),
    "<=": lambda low, high, number: operator.le(low, number),
    "=": lambda low, high, number: low <= number <= high,
}


def number_for_word(text: str, start: int, end: int) -> Quantity | None:
    """The number said of the word at [start, end): the one before it within reach, or else the one after it.

    Dates, ordinals and what is only feared ("could pass 20,000") are no figures.
    """
    quantities_in_text = stated_quantities(text)
    count_before = bisect_right(quantities_in_text, start, key=lambda quantity: quantity.end)
    if count_before and _is_within_reach(text, quantities_in_text[count_before - 1].end, start):
        return quantities_in_text[count_before - 1]
    next_at = bisect_left(quantities_in_text, end, key=lambda quantity: quantity.start)
    return (
        quantities_in_text[next_at]
        if next_at < len(quantities_in_text) and _is_within_reach(text, end, quantities_in_text[next_at].start)
        else None
    )


@lru_cache(maxsize=256)
def stated_quantities(text: str) -> tuple[Quantity, ...]:
    """The numbers of a text that state an amount."""
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
    """Could a folded word be a number, or part of one?"""
    return word in _NUMBER_WORDS or any(map(str.isdigit, word))


def may_hide_number(text: str) -> bool:
    """Could a number of the text be no word of its own: "п'ять", or one with an invisible letter in it?"""
    if text.isascii() and "'" not in text and "`" not in text and text.count(".") < 2:
        return False  # nearly every claim, and quickly seen
    if not text.isascii() and not _MARKS_INSIDE_WORDS.isdisjoint(text):
        return True
    return bool(_APOSTROPHE_INSIDE_WORD.search(text) or _DOTTED_LETTERS.search(text))
