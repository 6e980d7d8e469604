"""Finds the names in a claim, and which of them are places.

Capitalized words are names, except in title case (a headline) and at the start of a sentence.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.model import ChangeKind
from monitor.text.facts.tokens import CALENDAR, NUMERAL, STOPWORD, SYMBOL, Token

PLACE_NOUNS = frozenset(
    "region regions oblast province district city town village county island islands airport border river "
    "governorate department state bay strait sea port область області район місто город области".split()
)
PLACE_PREPOSITIONS = frozenset(
    "in near at around outside inside across throughout from to into у в на біля под near".split()
)
SENTENCE_BOUNDARY_MARKS = frozenset(".!?:;•|\"'“”‘’-–—(")
MIN_TITLE_CASE_WORDS = 4  # content words; with fewer, the case of a title cannot be determined
MIN_CAPITALIZED_SHARE = 0.65  # of the content words of a title in title case


def is_title_case(tokens: Sequence[Token]) -> bool:
    """Whether most content words are capitalized, so that capitals do not mark names."""
    words = [token.word for token in tokens[1:] if not token.word.flags & (STOPWORD | SYMBOL | NUMERAL)]
    words = [word for word in words if len(word.text) > 2]
    capitalized_count = sum(word.is_capitalized for word in words)
    return len(words) >= MIN_TITLE_CASE_WORDS and capitalized_count > MIN_CAPITALIZED_SHARE * len(words)


def find_names(tokens: Sequence[Token]) -> dict[int, ChangeKind]:
    """Map the index of every name among `tokens` to NAME, or to PLACE if its context marks it as a place."""
    capitalized = [index for index, token in enumerate(tokens) if token.word.is_capitalized]
    if len(capitalized) > MIN_CAPITALIZED_SHARE * MIN_TITLE_CASE_WORDS and is_title_case(tokens):
        return {}
    name_indexes = [index for index in capitalized if _is_name(tokens, index)]
    return {index: ChangeKind.PLACE if _is_place(tokens, index) else ChangeKind.NAME for index in name_indexes}


def _is_name(tokens: Sequence[Token], index: int) -> bool:
    word = tokens[index].word
    if word.flags & (STOPWORD | SYMBOL | CALENDAR):
        return False
    if index and tokens[index - 1].word.folded not in SENTENCE_BOUNDARY_MARKS:
        return True
    following = tokens[index + 1].word if index + 1 < len(tokens) else None
    return word.is_all_caps or bool(following and following.is_capitalized and not following.flags & STOPWORD)


def _is_place(tokens: Sequence[Token], index: int) -> bool:
    first = last = index
    while first and tokens[first - 1].word.is_capitalized:
        first -= 1
    while last + 1 < len(tokens) and tokens[last + 1].word.is_capitalized:
        last += 1
    following = tokens[last + 1].word.folded if last + 1 < len(tokens) else ""
    before = tokens[first - 1].word.folded if first else ""
    before = tokens[first - 2].word.folded if before == "the" and first > 1 else before
    has_place_noun = any(token.word.folded in PLACE_NOUNS for token in tokens[first : last + 1])
    return has_place_noun or following in PLACE_NOUNS or before in PLACE_PREPOSITIONS
