"""The numbers that a text states, for rules: with their dimension, and whether each is a fact or a forecast.

They are the figures that comparison uses; identifiers, dates and ordinals are none.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from monitor.text.analysis import identifier_phrases
from monitor.text.facts import dates, numbers
from monitor.text.facts.earlier_values import find_earlier_values, is_change, start_of_upper_end
from monitor.text.facts.forecasts import find_forecasts
from monitor.text.facts.identifiers import find_identifiers
from monitor.text.facts.numbers import DASHES, Quantity
from monitor.text.facts.tokens import Token, tokenize
from monitor.text.labels import blank_label
from monitor.text.lexicon.figures import DIMENSIONS

RANGE_CONNECTORS = DASHES | {"to", "до"}


class NumberKind(StrEnum):
    """What a text says of a number."""

    STATED = "stated"
    FORECAST = "a forecast"  # "will lay off 1,200 workers"
    EARLIER = "an earlier value"  # the 4.25% of "from 4.25% to 4.5%"


class StatedNumber(NamedTuple):
    """One number at [start, end) of a text, with its bound and unit; `low` and `high` differ for a range only.

    `dimension` is "" for counts and scores, else length, money of one currency … The number times `size` is in the
    base unit of its dimension. `bound` is that of the quantity.
    """

    low: float
    high: float
    bound: str
    dimension: str
    size: float
    kind: NumberKind
    start: int
    end: int

    def range_in(self, dimension: str) -> tuple[float, float]:
        """The lower and the upper end, in the base unit of the dimension; in the number's own unit without one.

        "More than 3" is just above 3, "fewer than 3" just below.
        """
        size = self.size if dimension else 1.0
        return _nudge(self.low * size, self.bound), _nudge(self.high * size, self.bound)


@lru_cache(maxsize=256)
def stated_numbers(text: str) -> tuple[StatedNumber, ...]:
    """Return the numbers of a text, in order."""
    text = blank_label(text)
    tokens = tokenize(text)
    used_tokens: set[int] = set()
    if identifiers := find_identifiers(text):
        identifier_phrases(tokens, identifiers, used_tokens)
    dates.find_dates(tokens, used_tokens)
    quantities = [quantity for quantity in numbers.find_quantities(tokens, used_tokens) if not quantity.is_ordinal]
    kinds = _kinds(tokens, quantities)
    result: list[StatedNumber] = []
    for number, quantity in enumerate(quantities):
        stated = _stated_number(tokens, quantity, kinds[number])
        if result and _joins_range(tokens, quantities[number - 1], quantity, result[-1], stated):
            stated = stated._replace(low=result.pop().low, start=quantities[number - 1].start)
        result.append(stated)
    return tuple(result)


@lru_cache(maxsize=256)
def numbers_by_dimension(text: str) -> Mapping[str, Sequence[StatedNumber]]:
    """Return the numbers of a text of each dimension, in order, without earlier values."""
    result: dict[str, list[StatedNumber]] = defaultdict(list)
    for number in stated_numbers(text):
        if number.kind is not NumberKind.EARLIER:
            result[number.dimension].append(number)
    return dict(result)


def _kinds(tokens: Sequence[Token], quantities: Sequence[Quantity]) -> list[NumberKind]:
    earlier, forecasts = find_earlier_values(tokens, quantities), find_forecasts(tokens, quantities)
    return [
        NumberKind.EARLIER
        if is_earlier and quantity.low == quantity.high
        else NumberKind.FORECAST
        if is_forecast
        else NumberKind.STATED
        for quantity, is_earlier, is_forecast in zip(quantities, earlier, forecasts, strict=True)
    ]


def _stated_number(tokens: Sequence[Token], quantity: Quantity, kind: NumberKind) -> StatedNumber:
    low, start = quantity.low, quantity.start
    if low != quantity.high and is_change(tokens, quantity):
        low, start = quantity.high, start_of_upper_end(tokens, quantity)
    dimension, size = DIMENSIONS.get(quantity.unit, (quantity.unit, 1.0))
    return StatedNumber(low, quantity.high, quantity.bound, dimension, size, kind, start, quantity.end)


def _nudge(value: float, bound: str) -> float:
    """Return the value just above that of "over 3", just below that of "under 3"."""
    if bound == "over":
        return math.nextafter(value, math.inf)
    return math.nextafter(value, -math.inf) if bound == "under" else value


def _joins_range(
    tokens: Sequence[Token], left: Quantity, right: Quantity, low: StatedNumber, high: StatedNumber
) -> bool:
    """Whether two figures with units are the ends of one range: "4.25%-4.5%", "between $3m and $5m"."""
    if left.unit != right.unit or not left.unit or low.kind is not high.kind or low.high >= high.low:
        return False
    if right.first_token - left.end_token != 1:
        return False
    connector = tokens[left.end_token].word.folded
    is_between = left.first_token > 0 and tokens[left.first_token - 1].word.folded == "between"
    return connector in RANGE_CONNECTORS or (connector == "and" and is_between)
