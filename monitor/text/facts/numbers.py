"""Figures in prose: "around 3,000", "a dozen", "12K", "$1.5 million", "10-12 thousand", "5.4-magnitude".

A figure is what a reader would take it for: its value or range, how it is bounded, its unit, the words it
counts, and whether it is a fact or only feared ("could pass 20,000").
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from monitor.text.lexicon.cues import FEARED
from monitor.text.lexicon.figures import (
    BOUND_ENDS,
    BOUND_LENGTHS,
    BOUNDS,
    CARDINALS,
    CURRENCIES,
    FRACTIONS,
    MEASURES,
    ORDINALS,
    SCALES,
)
from monitor.text.tokens import CALENDAR, FIGURE, STOP, SYMBOL, Token

SHAPE = re.compile(r"(\d[\d.,'’ \u00a0\u202f]*\d|\d)(.*)", re.DOTALL)
DASHES = frozenset("-–—‑")
VAGUE = frozenset("dozens hundreds thousands millions billions десятки сотні сотни тисячі тысячи".split())
EXACT = 15  # digits beyond which a float would take two numbers for one; such a run is a name
PHRASE_ENDS = frozenset("after before since until during amid as while despite against near from".split())
REACH = 4  # words a figure's counted things, or a "could" before it, may stand away


@dataclass(frozen=True, slots=True)
class Quantity:
    """One figure. `low` and `high` are equal but for a range; `unit` is a measure, a currency, "%" or "".

    `bound` is "", about, over, least, under or most; `of` the keys of words it counts, nearest first;
    `feared` is true for a projection; [start, end) is where it stands, its bound and unit included.
    """

    low: float
    high: float
    bound: str
    unit: str
    ordinal: bool
    feared: bool
    of: tuple[str, ...]
    start: int
    end: int
    first: int  # indexes of its tokens, [first, last)
    last: int


class Figure(NamedTuple):
    """What one spelling of a number says by itself."""

    value: float
    scale: float = 1.0
    unit: str = ""
    ordinal: bool = False


@lru_cache(maxsize=20_000)
def figure(folded: str) -> Figure | None:
    """The number that a single word or run of digits says, or None if it names something ("A43", "9/11")."""
    for words, ordinal in ((CARDINALS, False), (FRACTIONS, False), (ORDINALS, True)):
        if folded in words:
            return Figure(words[folded], ordinal=ordinal)
    if folded in SCALES:
        return Figure(1.0, scale=SCALES[folded])
    found = SHAPE.fullmatch(folded)
    if (
        not found
        or len(found[1]) > EXACT
        or (not folded.isascii() and not found[1].replace(",", "").replace(".", "").isalnum())
    ):
        return None
    return _with_suffix(found[1], found[2])


def _with_suffix(digits: str, suffix: str) -> Figure | None:
    try:
        value = _value(digits)
    except ValueError:
        return None
    if suffix in ("", "s"):
        return Figure(value)
    if suffix in ("st", "nd", "rd", "th", "й", "го", "я"):
        return Figure(value, ordinal=True)
    if suffix in SCALES:
        return Figure(value, scale=SCALES[suffix])
    unit = MEASURES.get(suffix) or CURRENCIES.get(suffix)
    return Figure(value, unit=unit) if unit else None


def _value(digits: str) -> float:
    plain = re.sub(r"['’ \u00a0\u202f]", "", digits)
    if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", plain) or re.fullmatch(r"\d+(,\d+){2,}", plain):
        return float(plain.replace(",", ""))
    if re.fullmatch(r"\d{1,3}(\.\d{3}){2,}", plain):
        return float(plain.replace(".", ""))
    return float(plain.replace(",", "."))


def find(tokens: Sequence[Token], taken: set[int]) -> list[Quantity]:
    """Every figure among `tokens` but those at the indexes in `taken` (dates); adds its own indexes to it."""
    found: list[Quantity] = []
    index = 0
    while index < len(tokens):
        if index in taken or not tokens[index].word.marks & FIGURE:
            index += 1
            continue
        quantity = _at(tokens, index, taken)
        if quantity:
            found.append(quantity)
            taken.update(range(quantity.first, quantity.last))
            index = quantity.last
        else:
            index += 1
    return found


class Run(NamedTuple):
    """Tokens [first, last) that spell one number."""

    value: float
    scaled: float
    unit: str
    ordinal: bool
    last: int


def _run(tokens: Sequence[Token], index: int, taken: set[int]) -> Run | None:
    """The number that starts at `index`: "3", "twenty-three", "two hundred and ten thousand", "half a million"."""
    first = figure(tokens[index].word.fold)
    if first is None:
        return None
    total, part, scale = 0.0, first.value * first.scale, first.scale
    unit, ordinal, last = first.unit, first.ordinal, index + 1
    while not (ordinal or unit):
        at = _skip_joint(tokens, last)
        if at >= len(tokens) or at in taken or not tokens[at].word.marks & FIGURE:
            break
        step = figure(tokens[at].word.fold)
        if step is None or step.ordinal:
            break
        if step.scale > 1 and step.value == 1 and not tokens[at].word.digits:
            if step.scale > 100:
                total, part = total + part * step.scale, 0.0
            else:
                part *= step.scale
            scale = max(scale, step.scale)
        elif _adds(tokens[last - 1], tokens[at], part, step):
            part += step.value
        else:
            break
        last = at + 1
    return Run(total + part, scale, unit, ordinal, last)


def _skip_joint(tokens: Sequence[Token], at: int) -> int:
    """Past the "-" of "twenty-three", the "and" of "hundred and ten", the "a" of "half a million"."""
    if at + 1 < len(tokens) and tokens[at].word.fold in ("-", "and", "a"):
        before, after = tokens[at - 1].word, tokens[at + 1].word
        joint = tokens[at].word.fold
        if joint == "-" and not before.digits and not after.digits:
            return at + 1
        if joint == "and" and before.fold in SCALES and after.fold in CARDINALS:
            return at + 1
        if joint == "a" and before.fold in FRACTIONS and after.fold in SCALES:
            return at + 1
    return at


def _adds(before: Token, token: Token, part: float, step: Figure) -> bool:
    """ "twenty three" and "hundred ten" add up; "3 4" and "two three" do not."""
    if token.word.digits or before.word.digits or step.scale > 1:
        return False
    return part == 0 or (part >= 20 and part % 10 == 0 and step.value < (10 if part < 100 else 100))


def _at(tokens: Sequence[Token], index: int, taken: set[int]) -> Quantity | None:
    run = _run(tokens, index, taken)
    if run is None:
        return None
    low = high = run.value
    last, unit = run.last, run.unit
    beyond = _range_end(tokens, run, taken, index)
    if beyond:
        low, high = low * (beyond.scaled if low < beyond.value / beyond.scaled * 1.01 else 1), beyond.value
        last, unit = beyond.last, unit or beyond.unit
    first = index
    unit, first, last = _unit(tokens, unit, first, last)
    bound, first = _bound_before(tokens, first, taken)
    bound, last = _bound_after(tokens, bound, last)
    if not bound and tokens[index].word.fold in VAGUE:
        bound = "about"
    return Quantity(
        low=low,
        high=max(low, high),
        bound=bound,
        unit=unit,
        ordinal=run.ordinal,
        feared=_feared(tokens, first),
        of=_counted(tokens, first, last, taken),
        start=tokens[first].start,
        end=tokens[last - 1].end,
        first=first,
        last=last,
    )


def _range_end(tokens: Sequence[Token], run: Run, taken: set[int], index: int) -> Run | None:
    """The second number of "18 to 60", "3,000-5,000" or "between 10 and 12", if there is one."""
    at = run.last
    if at + 1 >= len(tokens) or at + 1 in taken or run.ordinal or not tokens[at + 1].word.marks & FIGURE:
        return None
    joint = tokens[at].word.fold
    between = joint == "and" and index > 0 and tokens[index - 1].word.fold == "between"
    if joint not in DASHES and joint not in ("to", "до") and not between:
        return None
    second = _run(tokens, at + 1, taken)
    return second if second and not second.ordinal and second.value > run.value else None


def _unit(tokens: Sequence[Token], unit: str, first: int, last: int) -> tuple[str, int, int]:
    """The measure or currency around tokens [first, last), and how far it reaches."""
    if first > 0 and tokens[first - 1].word.fold in CURRENCIES and tokens[first - 1].word.marks & SYMBOL:
        first -= 1
        unit = CURRENCIES[tokens[first].word.fold]
        if first > 0 and tokens[first - 1].word.text in ("US", "A", "C", "NZ"):
            first -= 1
    if unit:
        return unit, first, last
    at = last + 1 if last + 1 < len(tokens) and tokens[last].word.fold in DASHES else last
    if at < len(tokens):
        name = tokens[at].word.fold
        if name == "per" and at + 1 < len(tokens) and tokens[at + 1].word.fold == "cent":
            return "%", first, at + 2
        unit = MEASURES.get(name) or CURRENCIES.get(name) or ""
        if unit:
            return unit, first, at + 1
    if first > 0 and MEASURES.get(tokens[first - 1].word.fold) == "magnitude":
        return "magnitude", first - 1, last
    return "", first, last


def _bound_before(tokens: Sequence[Token], first: int, taken: set[int]) -> tuple[str, int]:
    at = first
    if at and tokens[at - 1].word.fold in ("a", "an", "the"):
        at -= 1
    if at and at - 1 not in taken and tokens[at - 1].word.fold in BOUND_ENDS:
        for length in BOUND_LENGTHS:
            if length <= at:
                bound = BOUNDS.get(tuple(token.word.fold for token in tokens[at - length : at]))
                if bound:
                    return bound, at - length
    return "", first


def _bound_after(tokens: Sequence[Token], bound: str, last: int) -> tuple[str, int]:
    """ "3,000+", "3,000 or more", "60 and over"."""
    if last < len(tokens) and tokens[last].word.fold == "+":
        return bound or "least", last + 1
    if last + 1 < len(tokens) and tokens[last].word.fold in ("or", "and"):
        side = {"more": "least", "over": "least", "above": "least", "less": "most", "under": "most"}.get(
            tokens[last + 1].word.fold
        )
        if side:
            return bound or side, last + 2
    return bound, last


def _feared(tokens: Sequence[Token], first: int) -> bool:
    for token in reversed(tokens[max(0, first - REACH) : first]):
        if token.word.fold in FEARED and not token.word.fold[:1].isdigit():
            return True
        if token.word.marks & SYMBOL and token.word.fold in ".;:!?":
            return False
    return False


def _counted(tokens: Sequence[Token], first: int, last: int, taken: set[int]) -> tuple[str, ...]:
    """Keys of the words that follow in the same phrase; if none does, of those just before."""
    after = _content(tokens, range(last, min(len(tokens), last + REACH)), taken)
    return after or _content(tokens, range(first - 1, max(-1, first - 1 - REACH), -1), taken)


def _content(tokens: Sequence[Token], places: range, taken: set[int]) -> tuple[str, ...]:
    keys = []
    for at in places:
        word = tokens[at].word
        if word.marks & SYMBOL and word.fold not in DASHES:
            break
        if at in taken or word.marks & (FIGURE | CALENDAR) or word.fold in PHRASE_ENDS:
            break
        if not word.marks & (STOP | SYMBOL):
            keys.append(word.key)
        elif keys and word.marks & STOP:
            break
    return tuple(keys)
