"""Which words of a claim are names, and which of those are places.

Capitals tell, except where every word has one (a headline in title case) or the sentence begins.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.model import Kind
from monitor.text.tokens import CALENDAR, FIGURE, STOP, SYMBOL, Token

PLACE_AFTER = frozenset(
    "region regions oblast province district city town village county island islands airport border river "
    "governorate department state bay strait sea port область області район місто город области".split()
)
PLACE_BEFORE = frozenset(
    "in near at around outside inside across throughout from to into у в на біля под near".split()
)
SENTENCE_END = frozenset(".!?:;•|\"'“”‘’-–—(")
TITLE_WORDS = 4  # words of content that tell the case of a title
TITLE_CAPITALS = 0.65  # of them have a capital


def title_case(tokens: Sequence[Token]) -> bool:
    """Whether capitals say nothing here: most words of content have one, or all letters are capitals."""
    words = [token.word for token in tokens[1:] if not token.word.marks & (STOP | SYMBOL | FIGURE)]
    words = [word for word in words if len(word.text) > 2]
    capitals = sum(word.capital for word in words)
    return len(words) >= TITLE_WORDS and capitals > TITLE_CAPITALS * len(words)


def find(tokens: Sequence[Token]) -> dict[int, Kind]:
    """Index of every name among `tokens` -> NAME, or PLACE if it is said as one."""
    capitals = [index for index, token in enumerate(tokens) if token.word.capital]
    if len(capitals) > TITLE_CAPITALS * TITLE_WORDS and title_case(tokens):
        return {}
    named = [index for index in capitals if _is_name(tokens, index)]
    return {index: Kind.PLACE if _is_place(tokens, index) else Kind.NAME for index in named}


def _is_name(tokens: Sequence[Token], index: int) -> bool:
    word = tokens[index].word
    if word.marks & (STOP | SYMBOL | CALENDAR):
        return False
    if index and tokens[index - 1].word.fold not in SENTENCE_END:
        return True
    following = tokens[index + 1].word if index + 1 < len(tokens) else None
    return word.shouted or bool(following and following.capital and not following.marks & STOP)


def _is_place(tokens: Sequence[Token], index: int) -> bool:
    first = last = index
    while first and tokens[first - 1].word.capital:
        first -= 1
    while last + 1 < len(tokens) and tokens[last + 1].word.capital:
        last += 1
    following = tokens[last + 1].word.fold if last + 1 < len(tokens) else ""
    before = tokens[first - 1].word.fold if first else ""
    before = tokens[first - 2].word.fold if before == "the" and first > 1 else before
    within = any(tokens[at].word.fold in PLACE_AFTER for at in range(first, last + 1))
    return within or following in PLACE_AFTER or before in PLACE_BEFORE
