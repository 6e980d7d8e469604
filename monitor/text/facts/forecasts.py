"""Whether a figure is a forecast or a plan: "will lay off 1,200 workers", "90 jobs are set to go", "Acme to cut 90".

Read in the clause of the figure. Comparison uses the narrower `Quantity.is_projected`.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.text.facts.numbers import Quantity
from monitor.text.facts.tokens import SYMBOL, Token
from monitor.text.lexicon.cues import (
    BE_WORDS,
    DEFINITE_WORDS,
    FORECAST_WORDS,
    FORECAST_WORDS_BEFORE_OF,
    FORECAST_WORDS_BEFORE_TO,
    HEADLINE_VERBS,
    MODALS_AFTER,
    PLANNED_AFTER,
    STATED_VERBS,
)

MAX_TOKENS_BEFORE, MAX_TOKENS_AFTER = 12, 8
MAX_HEADLINE_NAME_TOKENS = 4  # before the "to" of "Acme Motor Works to cut 1,200 jobs"
MAX_LIST_TOKENS = 6  # between two figures of one list
CLAUSE_ENDS = frozenset(".;:!?")
CLAUSE_STARTS = frozenset("as after because while since when where but though although despite following".split())
CONJUNCTIONS = CLAUSE_STARTS | frozenset("and or before that who which whose".split())
BEFORE_MONTHS = frozenset("in since by of until from to for last this next early mid late through during".split())
MIN_PAST_TENSE_CHARS = 4  # "aged"; but not "red"


def find_forecasts(tokens: Sequence[Token], quantities: Sequence[Quantity]) -> list[bool]:
    """Return for each figure whether it is a forecast."""
    result: list[bool] = []
    for number, quantity in enumerate(quantities):
        previous = quantities[number - 1] if number and result[-1] else None
        result.append(
            _is_announced_before(tokens, quantity.first_token, previous)
            or _is_announced_after(tokens, quantity)
            or _is_headline_plan(tokens, quantity.first_token)
        )
    return result


def _is_announced_before(tokens: Sequence[Token], first: int, previous: Quantity | None) -> bool:
    """Whether "will", "plans to" or the like is before token `first` in its clause.

    `previous` is the figure before if that is a forecast: the next one of a list is a forecast too.
    """
    if first and tokens[first - 1].word.folded in DEFINITE_WORDS:
        return False
    has_to = False
    for index in range(first - 1, max(-1, first - 1 - MAX_TOKENS_BEFORE), -1):
        word = tokens[index].word
        if word.flags & SYMBOL and word.folded in CLAUSE_ENDS:
            return False
        if word.folded == ",":
            return previous is not None and index - previous.end_token <= MAX_LIST_TOKENS
        if _announces(tokens, index):
            return True
        if word.folded in CLAUSE_STARTS or _ends_scan(tokens, index, has_to):
            return False
        has_to = has_to or word.folded == "to"
    return False


def _announces(tokens: Sequence[Token], index: int) -> bool:
    """Whether the word announces the figures after it. A token follows it."""
    folded, following = tokens[index].word.folded, tokens[index + 1].word.folded
    if following == "to" and (folded in FORECAST_WORDS_BEFORE_TO or folded in BE_WORDS):
        return True
    if folded in FORECAST_WORDS:
        is_comparison = any(token.word.folded == "than" for token in tokens[max(0, index - 2) : index])
        return not is_comparison and not _is_month_of_may(tokens, index)  # "higher-than-expected"
    return following == "of" and folded in FORECAST_WORDS_BEFORE_OF


def _is_month_of_may(tokens: Sequence[Token], index: int) -> bool:
    return tokens[index].word.text == "May" and (index == 0 or tokens[index - 1].word.folded in BEFORE_MONTHS)


def _ends_scan(tokens: Sequence[Token], index: int, has_to: bool) -> bool:
    """Whether the word is a verb that states a fact: "has", "killed"; but not in "plans announced to cut 90"."""
    folded = tokens[index].word.folded
    before = tokens[index - 1].word.folded if index else ""
    if before in FORECAST_WORDS or before in ("to", "be", "have"):
        return False
    return folded in STATED_VERBS or (
        not has_to and folded.endswith("ed") and len(folded) >= MIN_PAST_TENSE_CHARS and folded.isascii()
    )


def _is_announced_after(tokens: Sequence[Token], quantity: Quantity) -> bool:
    """Whether the thing counted is followed by "will", "could", "are expected to" …"""
    first, last = quantity.first_token, quantity.end_token
    if first and tokens[first - 1].word.folded in DEFINITE_WORDS:
        return False
    for index in range(last, min(len(tokens), last + MAX_TOKENS_AFTER)):
        word = tokens[index].word
        following = tokens[index + 1].word.folded if index + 1 < len(tokens) else ""
        if word.folded in MODALS_AFTER and word.text != "May":
            return following != "not"
        if word.folded in BE_WORDS:
            return following in PLANNED_AFTER
        if word.flags & SYMBOL or word.folded[:1].isdigit() or word.folded in CONJUNCTIONS:
            return False
        if word.folded in STATED_VERBS or (word.folded.endswith("ed") and word.folded.isascii()):
            return False
    return False


def _is_headline_plan(tokens: Sequence[Token], first: int) -> bool:
    """Whether the text begins with a name, "to" and a verb before the figure: "Acme to cut 1,200 jobs"."""
    for index in range(1, min(first - 1, MAX_HEADLINE_NAME_TOKENS + 1)):
        if tokens[index].word.folded == "to":
            return tokens[index + 1].word.folded in HEADLINE_VERBS
        if tokens[index].word.folded in STATED_VERBS or tokens[index].word.folded.endswith("ed"):
            return False
    return False
