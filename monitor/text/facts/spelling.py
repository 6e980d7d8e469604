"""How a number is spelt: in digits with marks, with a suffix, in words, or in both ("1.5 million", "12K").

`figure` reads one word or run of digits, `spelt` the tokens that make one number together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from monitor.text.lexicon.figures import CARDINALS, CURRENCIES, FRACTIONS, MEASURES, ORDINALS, SCALES
from monitor.text.tokens import FIGURE, Token

SHAPE = re.compile(r"(\d[\d.,'’ \u00a0\u202f]*\d|\d)(.*)", re.DOTALL)
SPACES = re.compile(r"['’ \u00a0\u202f]")
COMMAS = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?|\d+(,\d+){2,}")  # 3,000  1,234.5
DOTS = re.compile(r"\d{1,3}(\.\d{3}){2,}")  # 1.234.567
EXACT = 15  # digits beyond which a float would take two numbers for one; such a run is a name
ORDINAL_ENDINGS = ("st", "nd", "rd", "th", "й", "го", "я")


class Figure(NamedTuple):
    """What one spelling says by itself: `value` times `scale`, its unit if one is stuck to it."""

    value: float
    scale: float = 1.0
    unit: str = ""
    ordinal: bool = False


class Spelt(NamedTuple):
    """A number that ends before token `last`; `scale` is the largest it was spelt with ("12 thousand": 1000)."""

    value: float
    scale: float
    unit: str
    ordinal: bool
    last: int


@lru_cache(maxsize=8192)
def figure(folded: str) -> Figure | None:
    """The number that a single word or run of digits says, or None if it names something ("A43", "9/11")."""
    if folded in CARDINALS or folded in FRACTIONS:
        return Figure(CARDINALS.get(folded) or FRACTIONS.get(folded, 0.0))
    if folded in ORDINALS:
        return Figure(ORDINALS[folded], ordinal=True)
    if folded in SCALES:
        return Figure(1.0, scale=SCALES[folded])
    found = SHAPE.fullmatch(folded)
    return _with_suffix(found[1], found[2]) if found and len(found[1]) <= EXACT else None


def _with_suffix(digits: str, suffix: str) -> Figure | None:
    value = _value(digits)
    if value is None:
        return None
    if suffix in ("", "s"):
        return Figure(value)
    if suffix in ORDINAL_ENDINGS:
        return Figure(value, ordinal=True)
    if suffix in SCALES:
        return Figure(value, scale=SCALES[suffix])
    unit = MEASURES.get(suffix) or CURRENCIES.get(suffix)
    return Figure(value, unit=unit) if unit else None


def _value(digits: str) -> float | None:
    """The value of digits with thousands and decimal marks of either custom, None if they make no number."""
    plain = SPACES.sub("", digits)
    if COMMAS.fullmatch(plain):
        plain = plain.replace(",", "")
    elif DOTS.fullmatch(plain):
        plain = plain.replace(".", "")
    try:
        return float(plain.replace(",", "."))
    except ValueError:
        return None


def spelt(tokens: Sequence[Token], index: int, taken: set[int]) -> Spelt | None:
    """The number that starts at `index`: "3", "twenty-three", "two hundred and ten thousand", "half a million"."""
    first = figure(tokens[index].word.fold)
    if first is None:
        return None
    total, part, scale, last = 0.0, first.value * first.scale, first.scale, index + 1
    while not (first.ordinal or first.unit):
        at = _past_joint(tokens, last)
        step = _step(tokens, at, taken)
        if step is None:
            break
        if step.scale > 100:
            total, part = total + part * step.scale, 0.0
        elif step.scale > 1:
            part *= step.scale
        elif _adds(tokens[last - 1], part, step):
            part += step.value
        else:
            break
        scale, last = max(scale, step.scale), at + 1
    return Spelt(total + part, scale, first.unit, first.ordinal, last)


def _step(tokens: Sequence[Token], at: int, taken: set[int]) -> Figure | None:
    """The number word at index `at` that may go on with a number, or None."""
    if at >= len(tokens) or at in taken or not tokens[at].word.marks & FIGURE or tokens[at].word.digits:
        return None
    step = figure(tokens[at].word.fold)
    return None if step is None or step.ordinal else step


def _past_joint(tokens: Sequence[Token], at: int) -> int:
    """Past the "-" of "twenty-three", the "and" of "hundred and ten", the "a" of "half a million"."""
    if at + 1 >= len(tokens):
        return at
    before, joint, after = tokens[at - 1].word, tokens[at].word.fold, tokens[at + 1].word
    joins = (
        (joint == "-" and not before.digits and not after.digits)
        or (joint == "and" and before.fold in SCALES and after.fold in CARDINALS)
        or (joint == "a" and before.fold in FRACTIONS and after.fold in SCALES)
    )
    return at + 1 if joins else at


def _adds(before: Token, part: float, step: Figure) -> bool:
    """ "twenty three" and "hundred ten" add up; "3 four" and "two three" do not."""
    if before.word.digits:
        return False
    return part == 0 or (part >= 20 and part % 10 == 0 and step.value < (10 if part < 100 else 100))
