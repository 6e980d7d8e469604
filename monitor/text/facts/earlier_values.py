"""Figures that a text calls an earlier value: "from 4.25% to 4.5%", "4.5%, up from 4.25%", "(was 3)"."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.text.facts.numbers import DASHES, Quantity
from monitor.text.facts.tokens import STOPWORD, SYMBOL, Token
from monitor.text.lexicon.figures import MOVEMENT_VERBS

FROM_WORDS = frozenset("from з із зі с со від от".split())
TO_WORDS = frozenset("to до".split())
EARLIER_WORDS = frozenset("previously formerly earlier".split())
DIRECTIONS = frozenset("up down higher lower increase decrease rise fall drop jump gain decline".split())
COMPARED_PHRASES = frozenset((("compared", "with"), ("compared", "to")))
AGAINST_WORDS = frozenset("against versus vs".split())  # with a unit only: troops fight "against 3,000 soldiers"
AGO_WORDS = frozenset("earlier ago before".split())
PERIODS = frozenset("year month week day quarter".split())
MAX_WORDS_BETWEEN_ENDS = 2  # "from 3,000 ground troops to 12,000"


def find_earlier_values(tokens: Sequence[Token], quantities: Sequence[Quantity]) -> list[bool]:
    """Return for each figure whether it is the earlier value of another."""
    followers = [*quantities[1:], None][: len(quantities)]
    preceding = [None, *quantities[:-1]][: len(quantities)]
    return [
        _is_start_of_change(tokens, quantity, following)
        or _is_after_new_value(tokens, quantity, before)
        or _is_called_earlier(tokens, quantity)
        for quantity, following, before in zip(quantities, followers, preceding, strict=True)
    ]


def is_change(tokens: Sequence[Token], quantity: Quantity) -> bool:
    """Whether a range such as "3,000 to 12,000" is a change, because "from" is before it."""
    return _word_at(tokens, quantity.first_token - 1) in FROM_WORDS and any(
        token.word.folded in TO_WORDS for token in tokens[quantity.first_token : quantity.end_token]
    )


def start_of_upper_end(tokens: Sequence[Token], quantity: Quantity) -> int:
    """Return the offset of the upper end of a range."""
    for index in range(quantity.end_token - 2, quantity.first_token, -1):
        if tokens[index].word.folded in TO_WORDS or tokens[index].word.folded in DASHES:
            return tokens[index + 1].start
    return quantity.start


def _word_at(tokens: Sequence[Token], index: int) -> str:
    return tokens[index].word.folded if 0 <= index < len(tokens) else ""


def _is_start_of_change(tokens: Sequence[Token], quantity: Quantity, following: Quantity | None) -> bool:
    """Whether the figure is the first of "from 4.25% to 4.5%", "from 12,000 soldiers to 3,000"."""
    if following is None or _word_at(tokens, quantity.first_token - 1) not in FROM_WORDS:
        return False
    if following.unit != quantity.unit and quantity.unit:
        return False
    end = following.first_token - (_word_at(tokens, following.first_token - 1) in TO_WORDS)
    has_to = end < following.first_token or following.bound == "most"
    words_between = end - quantity.end_token
    if not has_to or not 0 <= words_between <= MAX_WORDS_BETWEEN_ENDS:
        return False
    return not words_between or bool(quantity.unit) or _ends_phrase(tokens, following.end_token)


def _ends_phrase(tokens: Sequence[Token], index: int) -> bool:
    """Whether the figure before `index` counts nothing of its own: "from 20 stores to 500 homes" is no change."""
    return index >= len(tokens) or bool(tokens[index].word.flags & (SYMBOL | STOPWORD))


def _is_after_new_value(tokens: Sequence[Token], quantity: Quantity, before: Quantity | None) -> bool:
    """Whether the figure follows the new one or its direction: "4.5% from 4.25%", "up from 3", "fell from 3"."""
    index = quantity.first_token - 1
    if _word_at(tokens, index) not in FROM_WORDS:
        return False
    previous = _word_at(tokens, index - 1)
    if previous in DIRECTIONS or previous in MOVEMENT_VERBS or previous == "(":
        return True
    if before is None or before.unit != quantity.unit or not 0 <= index - before.end_token <= 1:
        return False
    return previous == "," or bool(quantity.unit) or _word_at(tokens, before.first_token - 1) in ("to", "at")


def _is_called_earlier(tokens: Sequence[Token], quantity: Quantity) -> bool:
    """Whether the figure is marked by a word: "(was 3)", "previously 3", "compared with 3", "3% a year ago"."""
    first, last = quantity.first_token, quantity.end_token
    before, previous = _word_at(tokens, first - 1), _word_at(tokens, first - 2)
    if before in ("was", "were"):
        return previous in ("(", ",")
    if before in EARLIER_WORDS or (previous, before) in COMPARED_PHRASES:
        return True
    if before in AGAINST_WORDS and quantity.unit:
        return True
    return (
        _word_at(tokens, last) in ("a", "one")
        and _word_at(tokens, last + 1) in PERIODS
        and _word_at(tokens, last + 2) in AGO_WORDS
    )
