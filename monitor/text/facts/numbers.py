"""Figures in prose: "around 3,000", "a dozen", "12K", "$1.5 million", "10-12 thousand", "5.4-magnitude".

A figure has a value or range, a bound, a unit, the words it counts, and whether it is only projected ("could pass
20,000").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from monitor.text.facts.number_words import NumberPhrase, parse_number_phrase
from monitor.text.facts.tokens import CALENDAR, NUMERAL, STOPWORD, SYMBOL, Token
from monitor.text.lexicon.cues import PROJECTION_WORDS
from monitor.text.lexicon.figures import (
    BASIS_POINT,
    BOUND_LAST_WORDS,
    BOUND_LENGTHS,
    BOUNDS,
    COMPOUND_MEASURES,
    COMPOUND_STARTS,
    CURRENCIES,
    CURRENCY_CODES,
    FRACTIONS,
    MEASURES,
    PERCENTAGE_POINT,
    POINTS,
)

DASHES = frozenset("-–—‑")
APPROXIMATE_WORDS = frozenset("dozens hundreds thousands millions billions десятки сотні сотни тисячі тысячи".split())
PHRASE_END_WORDS = frozenset("after before since until during amid as while despite against near from".split())
COMPARATIVE_BOUNDS = {"more": "least", "over": "least", "above": "least", "less": "most", "under": "most"}
MAX_CONTEXT_WORDS = 4  # distance in words to what a figure counts, or to a "could" before it


class Quantity(NamedTuple):
    """One figure. `low` and `high` differ for a range only; `unit` is a measure, a currency, "%" or "".

    `bound` is "", about, over, least, under or most; `counted_keys` are the keys of the words it counts, nearest
    first; [start, end) are its offsets in the text, with its bound and unit.
    """

    low: float
    high: float
    bound: str
    unit: str
    is_ordinal: bool
    is_projected: bool
    counted_keys: tuple[str, ...]
    start: int
    end: int
    first_token: int  # indexes of its tokens: [first_token, end_token)
    end_token: int


def find_quantities(tokens: Sequence[Token], used_indexes: set[int]) -> list[Quantity]:
    """Return every figure outside `used_indexes` (identifiers, dates); adds the indexes of its tokens."""
    quantities: list[Quantity] = []
    for index, token in enumerate(tokens):
        if not token.word.flags & NUMERAL or index in used_indexes:
            continue
        number = parse_number_phrase(tokens, index, used_indexes)
        if number:
            quantities.append(_make_quantity(tokens, index, number, used_indexes))
            used_indexes.update(range(quantities[-1].first_token, quantities[-1].end_token))
    return quantities


def _make_quantity(tokens: Sequence[Token], index: int, number: NumberPhrase, used_indexes: set[int]) -> Quantity:
    """Return the figure of the number at `index`, with its range, unit, bound and counted words."""
    low, end = _parse_range(tokens, index, number, used_indexes)
    if tokens[index].word.folded in FRACTIONS:
        end = end._replace(end_token=_skip_to_point(tokens, end.end_token))
    unit, first, last = _unit_around(tokens, end.unit or number.unit, index, end.end_token)
    scale = 1.0
    if not unit and tokens[index].word.folded in FRACTIONS and last < len(tokens):
        following = tokens[last].word.folded
        unit = "%" if following == "of" else PERCENTAGE_POINT if following == "point" else ""
        scale, last = (100.0, last + (following == "point")) if unit == "%" else (1.0, last + bool(unit))
    if unit == PERCENTAGE_POINT:
        unit, scale = BASIS_POINT, 100.0
    bound, first = _bound_before(tokens, first, used_indexes)
    bound, last = _bound_after(tokens, bound, last)
    return Quantity(
        low=low * scale,
        high=end.value * scale,
        bound=bound or ("about" if tokens[index].word.folded in APPROXIMATE_WORDS else ""),
        unit=unit,
        is_ordinal=number.is_ordinal,
        is_projected=_is_projected(tokens, first),
        counted_keys=_counted_keys(tokens, first, last, used_indexes),
        start=tokens[first].start,
        end=tokens[last - 1].end,
        first_token=first,
        end_token=last,
    )


def _skip_to_point(tokens: Sequence[Token], index: int) -> int:
    """Skip the "a" of "half a percentage point" and the "of a" of "a quarter of a percentage point"."""
    for length in (1, 2):
        words = [token.word.folded for token in tokens[index : index + length + 2]]
        if len(words) > length and words[:length] == ["of", "a"][-length:] and "point" in words[length:]:
            return index + length
    return index


def _parse_range(
    tokens: Sequence[Token], index: int, number: NumberPhrase, used_indexes: set[int]
) -> tuple[float, NumberPhrase]:
    """Return the lower end of "18 to 60", "10-12 thousand" or "between 10 and 12", and its upper number."""
    connector_index = number.end_token
    if (
        connector_index + 1 >= len(tokens)
        or connector_index + 1 in used_indexes
        or number.is_ordinal
        or not tokens[connector_index + 1].word.flags & NUMERAL
    ):
        return number.value, number
    connector = tokens[connector_index].word.folded
    is_between = connector == "and" and index > 0 and tokens[index - 1].word.folded == "between"
    end = (
        parse_number_phrase(tokens, connector_index + 1, used_indexes)
        if is_between or connector in DASHES or connector in ("to", "до")
        else None
    )
    if end is None or end.is_ordinal or end.value <= number.value:
        return number.value, number
    shares_scale = number.scale == 1 and number.value < end.value / end.scale
    return number.value * (end.scale if shares_scale else 1), end


def _unit_around(tokens: Sequence[Token], unit: str, first: int, last: int) -> tuple[str, int, int]:
    """Return the measure or currency around tokens [first, last), and [first, last) extended by it."""
    if first > 0 and _is_currency_before(tokens[first - 1]):
        first -= 1
        unit = CURRENCIES[tokens[first].word.folded]
        if first > 0 and tokens[first - 1].word.text in ("US", "A", "C", "NZ"):
            first -= 1
    if unit and (compound := _compound_unit(tokens, last, unit)):
        return compound[0], first, compound[1]
    if unit:
        return unit, first, last
    unit_index = last + 1 if last + 1 < len(tokens) and tokens[last].word.folded in DASHES else last
    if unit_index < len(tokens):
        name = tokens[unit_index].word.folded
        if name in COMPOUND_STARTS and (compound := _compound_unit(tokens, unit_index)):
            return compound[0], first, compound[1]
        following = tokens[unit_index + 1].word.folded if unit_index + 1 < len(tokens) else ""
        if following in ("point", "points") and name in POINTS:
            return POINTS[name], first, unit_index + 2
        unit = MEASURES.get(name) or CURRENCIES.get(name) or ""
        if unit:
            return unit, first, unit_index + 1
    if first > 0 and MEASURES.get(tokens[first - 1].word.folded) == "magnitude":
        return "magnitude", first - 1, last
    return "", first, last


def _is_currency_before(token: Token) -> bool:
    word = token.word
    return (bool(word.flags & SYMBOL) and word.folded in CURRENCIES) or word.text in CURRENCY_CODES


def _compound_unit(tokens: Sequence[Token], index: int, attached: str = "") -> tuple[str, int] | None:
    """Return the unit of several tokens at `index`, such as "km / h", and the index after it.

    `attached` is its first word if that is part of the number: "120km/h".
    """
    first = (attached,) if attached else ()
    following = (*first, *(token.word.folded for token in tokens[index : index + 3 - len(first)]))
    for words in (following[:3], following[:2]):
        unit = COMPOUND_MEASURES.get(words)
        if unit:
            return unit, index + len(words) - len(first)
    return None


def _bound_before(tokens: Sequence[Token], first: int, used_indexes: set[int]) -> tuple[str, int]:
    bound_end = first
    if bound_end and tokens[bound_end - 1].word.folded in ("a", "an", "the"):
        bound_end -= 1
    if bound_end and bound_end - 1 not in used_indexes and tokens[bound_end - 1].word.folded in BOUND_LAST_WORDS:
        for length in BOUND_LENGTHS:
            if length <= bound_end:
                bound = BOUNDS.get(tuple(token.word.folded for token in tokens[bound_end - length : bound_end]))
                if bound:
                    return bound, bound_end - length
    return "", first


def _bound_after(tokens: Sequence[Token], bound: str, last: int) -> tuple[str, int]:
    """Return the bound of "3,000+", "3,000 or more" or "60 and over", and the index after it."""
    if last < len(tokens) and tokens[last].word.folded == "+":
        return bound or "least", last + 1
    if last + 1 < len(tokens) and tokens[last].word.folded in ("or", "and"):
        comparative = COMPARATIVE_BOUNDS.get(tokens[last + 1].word.folded)
        if comparative:
            return bound or comparative, last + 2
    return bound, last


def _is_projected(tokens: Sequence[Token], first: int) -> bool:
    for token in reversed(tokens[max(0, first - MAX_CONTEXT_WORDS) : first]):
        if token.word.folded in PROJECTION_WORDS:
            return True
        if token.word.flags & SYMBOL and token.word.folded in ".;:!?":
            return False
    return False


def _counted_keys(tokens: Sequence[Token], first: int, last: int, used_indexes: set[int]) -> tuple[str, ...]:
    """Return the keys of the words that follow in the same phrase, or else of those just before."""
    following = _content_keys(tokens, range(last, min(len(tokens), last + MAX_CONTEXT_WORDS)), used_indexes)
    return following or _content_keys(
        tokens, range(first - 1, max(-1, first - 1 - MAX_CONTEXT_WORDS), -1), used_indexes
    )


def _content_keys(tokens: Sequence[Token], indexes: range, used_indexes: set[int]) -> tuple[str, ...]:
    keys = []
    for index in indexes:
        word = tokens[index].word
        if word.flags & SYMBOL and word.folded not in DASHES:
            break
        if index in used_indexes or word.flags & (NUMERAL | CALENDAR) or word.folded in PHRASE_END_WORDS:
            break
        if not word.flags & (STOPWORD | SYMBOL):
            keys.append(word.key)
        elif keys and word.flags & STOPWORD:
            break
    return tuple(keys)
