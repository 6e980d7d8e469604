"""Numbers in prose said of a word: `soldiers > 10000` and a rule's `figures:`."""

from __future__ import annotations

import operator
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from functools import lru_cache

from monitor.ruleset.words import INVISIBLE_LETTERS, MARK_LETTERS, words
from monitor.text.facts import dates, numbers
from monitor.text.facts.numbers import Quantity
from monitor.text.lexicon.figures import CARDINALS, FRACTIONS, ORDINALS, SCALES
from monitor.text.tokens import tokenise

REACH = 5  # words that may stand between a number and the word it is said of
FARTHEST = 400  # letters that so few words can have
_BREAK = re.compile(r"[.;!?](\s|$)")
_NUMBERS = frozenset(
    folded for table in (CARDINALS, ORDINALS, SCALES, FRACTIONS) for word in table for folded in words(word)
)
_INSIDE = frozenset(INVISIBLE_LETTERS + MARK_LETTERS)
_ELIDED = re.compile(r"['’ʼ`](?!s\b)[^\W\d_]")
_DOTTED = re.compile(r"(?:[^\W\d_]\.){2}")

# a range such as "10,000 to 12,000" passes if any number of it does
SIGNS: dict[str, Callable[[float, float, float], bool]] = {
    ">": lambda low, high, number: operator.gt(high, number),
    ">=": lambda low, high, number: operator.ge(high, number),
    "<": lambda low, high, number: operator.lt(low, number),
    "<=": lambda low, high, number: operator.le(low, number),
    "=": lambda low, high, number: low <= number <= high,
}


def said_of(text: str, start: int, end: int) -> Quantity | None:
    """The number said of the word at [start, end): the one before it within reach, or else the one after it.

    Dates, ordinals and what is only feared ("could pass 20,000") are no figures.
    """
    found = quantities(text)
    before = bisect_right(found, start, key=lambda quantity: quantity.end)
    if before and _reaches(text, found[before - 1].end, start):
        return found[before - 1]
    after = bisect_left(found, end, key=lambda quantity: quantity.start)
    return found[after] if after < len(found) and _reaches(text, end, found[after].start) else None


@lru_cache(maxsize=256)
def quantities(text: str) -> tuple[Quantity, ...]:
    """The numbers of a text that state an amount."""
    tokens = tokenise(text)
    taken: set[int] = set()
    dates.find(tokens, taken)
    return tuple(q for q in numbers.find(tokens, taken) if not (q.ordinal or q.feared))


def _reaches(text: str, start: int, end: int) -> bool:
    if end - start > FARTHEST:
        return False
    between = text[start:end]
    return not _BREAK.search(between) and len(words(between)) <= REACH


def may_be_number(word: str) -> bool:
    """Could a folded word be a number, or part of one?"""
    return word in _NUMBERS or any(map(str.isdigit, word))


def may_hide_number(text: str) -> bool:
    """Could a number of the text be no word of its own: "п'ять", or one with an invisible letter in it?"""
    if text.isascii() and "'" not in text and "`" not in text and text.count(".") < 2:
        return False  # nearly every claim, and quickly seen
    if not text.isascii() and not _INSIDE.isdisjoint(text):
        return True
    return bool(_ELIDED.search(text) or _DOTTED.search(text))
