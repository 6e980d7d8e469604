"""Figures in prose: "around 3,000", "a dozen", "12K", "$1.5 million", "10-12 thousand", "5.4-magnitude".

A figure is what a reader would take it for: its value or range, how it is bounded, its unit, the words it
counts, and whether it is a fact or only feared ("could pass 20,000").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from monitor.text.facts.spelling import Spelt, spelt
from monitor.text.lexicon.cues import FEARED
from monitor.text.lexicon.figures import BOUND_ENDS, BOUND_LENGTHS, BOUNDS, CURRENCIES, MEASURES
from monitor.text.tokens import CALENDAR, FIGURE, STOP, SYMBOL, Token

DASHES = frozenset("-–—‑")
VAGUE = frozenset("dozens hundreds thousands millions billions десятки сотні сотни тисячі тысячи".split())
PHRASE_ENDS = frozenset("after before since until during amid as while despite against near from".split())
MORE_OR_LESS = {"more": "least", "over": "least", "above": "least", "less": "most", "under": "most"}
REACH = 4  # words a figure's counted things, or a "could" before it, may stand away


class Quantity(NamedTuple):
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


def find(tokens: Sequence[Token], taken: set[int]) -> list[Quantity]:
    """Every figure among `tokens` but those at the indexes in `taken` (dates); adds its own indexes to it."""
    found: list[Quantity] = []
    for index, token in enumerate(tokens):
        if not token.word.marks & FIGURE or index in taken:
            continue
        number = spelt(tokens, index, taken)
        if number:
            found.append(_quantity(tokens, index, number, taken))
            taken.update(range(found[-1].first, found[-1].last))
    return found


def _quantity(tokens: Sequence[Token], index: int, number: Spelt, taken: set[int]) -> Quantity:
    """The figure whose number starts at `index`, with all that stands around it and belongs to it."""
    low, end = _range(tokens, index, number, taken)
    unit, first, last = _unit(tokens, end.unit or number.unit, index, end.last)
    bound, first = _bound_before(tokens, first, taken)
    bound, last = _bound_after(tokens, bound, last)
    return Quantity(
        low=low,
        high=end.value,
        bound=bound or ("about" if tokens[index].word.fold in VAGUE else ""),
        unit=unit,
        ordinal=number.ordinal,
        feared=_feared(tokens, first),
        of=_counted(tokens, first, last, taken),
        start=tokens[first].start,
        end=tokens[last - 1].end,
        first=first,
        last=last,
    )


def _range(tokens: Sequence[Token], index: int, number: Spelt, taken: set[int]) -> tuple[float, Spelt]:
    """The lower end of "18 to 60", "10-12 thousand" or "between 10 and 12", and the number that ends it."""
    at = number.last
    if at + 1 >= len(tokens) or at + 1 in taken or number.ordinal or not tokens[at + 1].word.marks & FIGURE:
        return number.value, number
    joint = tokens[at].word.fold
    between = joint == "and" and index > 0 and tokens[index - 1].word.fold == "between"
    end = spelt(tokens, at + 1, taken) if between or joint in DASHES or joint in ("to", "до") else None
    if end is None or end.ordinal or end.value <= number.value:
        return number.value, number
    shares_scale = number.scale == 1 and number.value < end.value / end.scale
    return number.value * (end.scale if shares_scale else 1), end


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
        side = MORE_OR_LESS.get(tokens[last + 1].word.fold)
        if side:
            return bound or side, last + 2
    return bound, last


def _feared(tokens: Sequence[Token], first: int) -> bool:
    for token in reversed(tokens[max(0, first - REACH) : first]):
        if token.word.fold in FEARED:
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
