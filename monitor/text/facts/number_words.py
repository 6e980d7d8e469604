"""How a number is spelt: in digits with marks, with a suffix, in words, or in both ("1.5 million", "12K").

`figure` reads one word or run of digits, `spelt` the tokens that make one number together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from monitor.text.facts.tokens import NUMERAL, Token
from monitor.text.lexicon.figures import CARDINALS, CURRENCIES, FRACTIONS, MEASURES, ORDINALS, SCALES

DIGITS_AND_SUFFIX_PATTERN = re.compile(r"(\d[\d.,'’ \u00a0\u202f]*\d|\d)(.*)", re.DOTALL)
DIGIT_SPACING_PATTERN = re.compile(r"['’ \u00a0\u202f]")
COMMA_GROUPED_PATTERN = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?|\d+(,\d+){2,}")  # 3,000  1,234.5
DOT_GROUPED_PATTERN = re.compile(r"\d{1,3}(\.\d{3}){2,}")  # 1.234.567
MAX_EXACT_DIGITS = 15  # digits beyond which a float would take two numbers for one; such a run is a name
ORDINAL_ENDINGS = ("st", "nd", "rd", "th", "й", "го", "я")


class NumberWord(NamedTuple):
    """What one spelling says by itself: `value` times `scale`, its unit if one is stuck to it."""

    value: float
    scale: float = 1.0
    unit: str = ""
    is_ordinal: bool = False


class NumberPhrase(NamedTuple):
    """A number that ends before token `last`; `scale` is the largest it was spelt with ("12 thousand": 1000)."""

    value: float
    scale: float
    unit: str
    is_ordinal: bool
    end_token: int


@lru_cache(maxsize=8192)
def parse_number_word(folded: str) -> NumberWord | None:
    """The number that a single word or run of digits says, or None if it names something ("A43", "9/11")."""
    if folded in CARDINALS or folded in FRACTIONS:
        return NumberWord(CARDINALS.get(folded) or FRACTIONS.get(folded, 0.0))
    if folded in ORDINALS:
        return NumberWord(ORDINALS[folded], is_ordinal=True)
    if folded in SCALES:
        return NumberWord(1.0, scale=SCALES[folded])
    match = DIGITS_AND_SUFFIX_PATTERN.fullmatch(folded)
    return _parse_with_suffix(match[1], match[2]) if match and len(match[1]) <= MAX_EXACT_DIGITS else None


def _parse_with_suffix(digits: str, suffix: str) -> NumberWord | None:
    value = _parse_digits(digits)
    if value is None:
        return None
    if suffix in ("", "s"):
        return NumberWord(value)
    if suffix in ORDINAL_ENDINGS:
        return NumberWord(value, is_ordinal=True)
    if suffix in SCALES:
        return NumberWord(value, scale=SCALES[suffix])
    unit = MEASURES.get(suffix) or CURRENCIES.get(suffix)
    return NumberWord(value, unit=unit) if unit else None


def _parse_digits(digits: str) -> float | None:
    """The value of digits with thousands and decimal marks of either custom, None if they make no number."""
    unspaced = DIGIT_SPACING_PATTERN.sub("", digits)
    if COMMA_GROUPED_PATTERN.fullmatch(unspaced):
        unspaced = unspaced.replace(",", "")
    elif DOT_GROUPED_PATTERN.fullmatch(unspaced):
        unspaced = unspaced.replace(".", "")
    try:
        return float(unspaced.replace(",", "."))
    except ValueError:
        return None


def parse_number_phrase(tokens: Sequence[Token], index: int, used_indexes: set[int]) -> NumberPhrase | None:
    """The number that starts at `index`: "3", "twenty-three", "two hundred and ten thousand", "half a million"."""
    first = parse_number_word(tokens[index].word.folded)
    if first is None:
        return None
    total, part, scale, end_token = 0.0, first.value * first.scale, first.scale, index + 1
    while not (first.is_ordinal or first.unit):
        next_index = _skip_connector(tokens, end_token)
        number_word = _next_number_word(tokens, next_index, used_indexes)
        if number_word is None:
            break
        if number_word.scale > 100:
            total, part = total + part * number_word.scale, 0.0
        elif number_word.scale > 1:
            part *= number_word.scale
        elif _is_additive(tokens[end_token - 1], part, number_word):
            part += number_word.value
        else:
            break
        scale, end_token = max(scale, number_word.scale), next_index + 1
    return NumberPhrase(total + part, scale, first.unit, first.is_ordinal, end_token)


def _next_number_word(tokens: Sequence[Token], index: int, used_indexes: set[int]) -> NumberWord | None:
    """The number word at index `at` that may go on with a number, or None."""
    if (
        index >= len(tokens)
        or index in used_indexes
        or not tokens[index].word.flags & NUMERAL
        or tokens[index].word.digits
    ):
        return None
    number_word = parse_number_word(tokens[index].word.folded)
    return None if number_word is None or number_word.is_ordinal else number_word


def _skip_connector(tokens: Sequence[Token], index: int) -> int:
    """Past the "-" of "twenty-three", the "and" of "hundred and ten", the "a" of "half a million"."""
    if index + 1 >= len(tokens):
        return index
    before, connector, after = tokens[index - 1].word, tokens[index].word.folded, tokens[index + 1].word
    is_connector = (
        (connector == "-" and not before.digits and not after.digits)
        or (connector == "and" and before.folded in SCALES and after.folded in CARDINALS)
        or (connector == "a" and before.folded in FRACTIONS and after.folded in SCALES)
    )
    return index + 1 if is_connector else index


def _is_additive(before: Token, part: float, number_word: NumberWord) -> bool:
    """ "twenty three" and "hundred ten" add up; "3 four" and "two three" do not."""
    if before.word.digits:
        return False
    return part == 0 or (part >= 20 and part % 10 == 0 and number_word.value < (10 if part < 100 else 100))
