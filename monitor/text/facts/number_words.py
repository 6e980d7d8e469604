"""Parses numbers in any spelling: digits with separators, a suffix, words, or a mix ("1.5 million", "12K").

`parse_number_word` parses one word or run of digits, `parse_number_phrase` the tokens that form one number.
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
SCORE_PATTERN = re.compile(r"(\d{1,2}\.\d)/10(?:\.0)?")  # 9.8/10
MAX_EXACT_DIGITS = 15  # a float is inexact beyond that; a longer run is an identifier
ORDINAL_ENDINGS = ("st", "nd", "rd", "th", "й", "го", "я")


class NumberWord(NamedTuple):
    """The number of one word: `value` times `scale`, and the unit attached to it."""

    value: float
    scale: float = 1.0
    unit: str = ""
    is_ordinal: bool = False


class NumberPhrase(NamedTuple):
    """A number that ends before token `end_token`; `scale` is the largest in its spelling ("12 thousand": 1000)."""

    value: float
    scale: float
    unit: str
    is_ordinal: bool
    end_token: int


@lru_cache(maxsize=8192)
def parse_number_word(folded: str) -> NumberWord | None:
    """Parse a single word or run of digits. None if it is not a number ("A43", "9/11")."""
    if folded in CARDINALS or folded in FRACTIONS:
        return NumberWord(CARDINALS.get(folded) or FRACTIONS.get(folded, 0.0))
    if folded in ORDINALS:
        return NumberWord(ORDINALS[folded], is_ordinal=True)
    if folded in SCALES:
        return NumberWord(1.0, scale=SCALES[folded])
    if score := SCORE_PATTERN.fullmatch(folded):
        return NumberWord(float(score[1]))
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
    """Return the value of digits with separators in English or European style, or None if invalid."""
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
    """Parse the number at `index`: "3", "twenty-three", "two hundred and ten thousand", "half a million"."""
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
    """Return the number word at `index` if it can continue a number, else None."""
    if index >= len(tokens) or index in used_indexes:
        return None
    word = tokens[index].word
    if word.digits or not word.flags & NUMERAL:
        return None
    if word.folded == "m" and index + 1 < len(tokens) and tokens[index + 1].word.folded == "/":  # 30 m/s
        return None
    number_word = parse_number_word(word.folded)
    return None if number_word is None or number_word.is_ordinal else number_word


def _skip_connector(tokens: Sequence[Token], index: int) -> int:
    """Skip the "-" of "twenty-three", the "and" of "hundred and ten", the "a" of "half a million"."""
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
    """Whether the words add up: "twenty three" and "hundred ten" do; "3 four" and "two three" do not."""
    if before.word.digits:
        return False
    return part == 0 or (part >= 20 and part % 10 == 0 and number_word.value < (10 if part < 100 else 100))
