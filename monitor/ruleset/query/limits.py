"""The limit of a number term: `> 10000`, `>= 4.4%`, `> 3m EUR`, `between 3 and 5 km`."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from monitor.ruleset.query.faults import SyntaxFault
from monitor.text.facts.tokens import tokenize
from monitor.text.lexicon.figures import (
    BASIS_POINT,
    COMPOUND_MEASURES,
    CURRENCIES,
    CURRENCY_CODES,
    DIMENSIONS,
    MEASURES,
    PERCENTAGE_POINT,
    POINTS,
    SCALES,
)
from monitor.text.stated_numbers import StatedNumber

MAX_DIGITS = 19
CURRENCY_SIGNS = "".join(sign for sign in CURRENCIES if len(sign) == 1)
COMPARISON_SIGNS = {"≤": "<=", "≥": ">="}
_SCALE_WORDS = frozenset(SCALES) - {"千", "万", "亿"}
_UNITS: dict[tuple[str, ...], tuple[str, float]] = {
    **{(word,): (unit, 1.0) for word, unit in (*CURRENCIES.items(), *MEASURES.items())},
    **{words: (unit, 1.0) for words, unit in COMPOUND_MEASURES.items()},
    **{
        (first, last): (BASIS_POINT, 100.0) if unit == PERCENTAGE_POINT else (unit, 1.0)
        for first, unit in POINTS.items()
        for last in ("point", "points")
    },
}


def _alternatives(phrases: set[str]) -> str:
    return "|".join(re.escape(phrase).replace(r"\ ", r"\s+") for phrase in sorted(phrases, key=len, reverse=True))


_UNITS_WITH_SCALE = frozenset(words for words in COMPOUND_MEASURES if words[0] in SCALES)  # "m / s"
_UNIT_PHRASES = {" ".join(words).replace(" / ", "/") for words in _UNITS}
_WORD_END = r'(?![^\s()"])'
_CODES = "|".join(sorted(CURRENCY_CODES))
_CURRENCY_BEFORE = rf"(?:[A-Z]{{0,3}}[{CURRENCY_SIGNS}]|(?:{_CODES})\b)\s*"
_AMOUNT = (
    rf"(?:{_CURRENCY_BEFORE})?\d[\d,._]*(?:[ \u00a0\u202f]\d{{3}}(?![^\s()]))*[^\s()\"<>=]*"
    rf"(?:\s+(?i:{_alternatives(set(_SCALE_WORDS))}){_WORD_END})?"
    rf"(?:\s+(?i:{_alternatives(_UNIT_PHRASES)}){_WORD_END})?"
)
# What the grammar takes as one token; after a sign also anything else, so that its message is clear.
LIMIT_PATTERN = rf'(?:[<>]=?|[≤≥=])\s*(?:{_AMOUNT}|[^\s()"<>=]*)|between\s+{_AMOUNT}\s+and\s+{_AMOUNT}'
_READ_LIMIT = re.compile(
    r"(?P<sign>[<>]=?|[≤≥=])\s*(?P<amount>.*)|between\s+(?P<low>.+?)\s+and\s+(?P<high>.+)", re.DOTALL
)
_READ_AMOUNT = re.compile(
    rf"(?P<currency>{_CURRENCY_BEFORE})?"
    r"(?P<digits>\d{1,3}(?:[ \u00a0\u202f]\d{3})+|\d+(?:[,_]\d{3})*(?:\.\d+)?)\s*(?P<words>(?!\d|[,._]).*)",
    re.DOTALL,
)


class Amount(NamedTuple):
    """A number as written in a rule, times `scale`; `unit` is a unit of `Quantity`."""

    number: float
    scale: float = 1.0
    unit: str = ""

    @property
    def dimension(self) -> str:
        return DIMENSIONS.get(self.unit, (self.unit, 1.0))[0]

    @property
    def base_value(self) -> float:
        """The value in the base unit of its dimension."""
        return self.number * self.scale * DIMENSIONS.get(self.unit, (self.unit, 1.0))[1]


class Limit(NamedTuple):
    """The values from `low` to `high`, in the base unit of `dimension`; both ends hold."""

    low: float
    high: float
    dimension: str = ""

    def holds(self, number: StatedNumber) -> bool:
        """Return whether the number, or any number of a range, is inside.

        Without a dimension the number counts in its own unit: `days > 30`.
        """
        low, high = number.range_in(self.dimension)
        return low <= self.high and high >= self.low


def parse_limit(text: str) -> Limit:
    """Parse `> 4.4%` or `between 3 and 5`. Raises SyntaxFault."""
    match = _READ_LIMIT.fullmatch(text)
    assert match
    if match["sign"]:
        sign = COMPARISON_SIGNS.get(match["sign"], match["sign"])
        return limit_of_sign(sign, parse_amount(match["amount"], f"`{match['sign']}`"))
    return limit_between(parse_amount(match["low"], "`between`"), parse_amount(match["high"], "`and`"))


def limit_of_sign(sign: str, amount: Amount) -> Limit:
    """Return the limit of a comparison: above, from, below, up to, or equal to the amount."""
    value = amount.base_value
    low = {">": math.nextafter(value, math.inf), ">=": value, "=": value}.get(sign, -math.inf)
    high = {"<": math.nextafter(value, -math.inf), "<=": value, "=": value}.get(sign, math.inf)
    return Limit(low, high, amount.dimension)


def limit_between(low: Amount, high: Amount) -> Limit:
    """Return the limit from one amount to another, which may share a unit or scale. Raises SyntaxFault.

    "3 and 5m" is 3 to 5 million, "$3 and 5m" the same in dollars.
    """
    if low.scale == 1 and not low.unit and low.number < high.number:
        low = low._replace(scale=high.scale)
    low = low._replace(unit=low.unit or high.unit)
    high = high._replace(unit=high.unit or low.unit)
    if low.dimension != high.dimension:
        raise SyntaxFault("the two numbers after `between` have different units")
    if low.base_value > high.base_value:
        raise SyntaxFault("the first number after `between` is larger than the second")
    return Limit(low.base_value, high.base_value, low.dimension)


def parse_amount(text: str, after: str, example: str = "soldiers > 10000") -> Amount:
    """Parse `10,000`, `1.5m`, `$3m`, `3m EUR`, `120 km/h` or `20bp`. Raises SyntaxFault.

    `after` is what the number follows, and `example` a valid use, for the message.
    """
    match = _READ_AMOUNT.fullmatch(text.strip())
    if not match or len(match["digits"]) > MAX_DIGITS:
        raise SyntaxFault(f"expected a number after {after}, as in `{example}`{spelling_hint(text)}")
    words = tuple(token.word.folded for token in tokenize(match["words"]))
    number = float(re.sub(r"[,_\s]", "", match["digits"]))
    scale = SCALES[words[0]] if words and words not in _UNITS_WITH_SCALE and words[0] in _SCALE_WORDS else 1.0
    unit, factor = _unit(words[scale != 1.0 :], match["words"], after)
    if match["currency"]:
        sign = match["currency"].strip()
        if unit and unit != CURRENCIES[_currency_key(sign)]:
            raise SyntaxFault(f"`{text.strip()}` has two units")
        unit = CURRENCIES[_currency_key(sign)]
    return Amount(number, scale * factor, unit)


def spelling_hint(text: str) -> str:
    """Return how to write a number with a decimal comma or dots between thousands, "" for anything else."""
    number = re.match(r"\d[\d.,]*\d", text.strip())
    if number and re.fullmatch(r"\d+,\d{1,2}", number[0]):
        return f"; write `{number[0].replace(',', '.')}` for `{number[0]}`"
    if number and re.fullmatch(r"\d{1,3}(\.\d{3}){2,}", number[0]):
        return f"; write `{number[0].replace('.', ',')}` for `{number[0]}`"
    return f", found `{text.strip()}`" if text.strip() else ", found nothing"


def _currency_key(sign: str) -> str:
    """Return the currency word of "$", "US$" or "EUR"."""
    return sign.lower() if sign in CURRENCY_CODES else sign[-1]


def _unit(words: tuple[str, ...], written: str, after: str) -> tuple[str, float]:
    if not words:
        return "", 1.0
    if words not in _UNITS:
        raise SyntaxFault(
            f"unknown unit `{written.strip()}` after {after}: expected %, bp, a currency such as EUR, "
            "or a measure such as km or days, or none"
        )
    return _UNITS[words]
