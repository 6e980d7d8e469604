"""Decides whether two claims state one fact, and which of its values moved: a figure, a date, a "not"."""

from __future__ import annotations

from collections.abc import Iterable

from monitor.compare.coverage import new_names
from monitor.compare.words import WordAlignment, same_word
from monitor.text.analysis import WORDING, ClaimAnalysis, ContentTerm
from monitor.text.facts.numbers import Quantity
from monitor.text.lexicon.figures import MOVEMENT_VERBS
from monitor.text.lexicon.stopwords import WEAK_WORDS
from monitor.text.statement import read_statement

SAME_FACT = 0.5  # of the weight of the words of the shorter claim are shared
SAME_FACT_NAMELESS = 0.75  # the same if they share no name
SAME_SENTENCE = 0.45  # of the weight of the words of both sentences, on average, is kept by an edit
NEVER_GOVERN = MOVEMENT_VERBS | WEAK_WORDS | frozenset("off up out down over away back".split())
MAX_GOVERNOR_DISTANCE = 30  # characters between a figure and the word that governs it


def is_same_fact(before: ClaimAnalysis, after: ClaimAnalysis, words: WordAlignment) -> bool:
    """Whether both claims say the same of the same thing, apart from values."""
    if heads_differ(before, after, words) or owners_differ(before, after, words):
        return False
    share = max(
        _shared_weight(before, words.removed),
        _shared_weight(after, words.added),
    )
    return share >= (SAME_FACT if shares_name(before, after) else SAME_FACT_NAMELESS)


def is_same_sentence(before: ClaimAnalysis, after: ClaimAnalysis, words: WordAlignment) -> bool:
    """Whether one sentence may be an edit of the other: SAME_SENTENCE of both is kept."""
    return (_shared_weight(before, words.removed) + _shared_weight(after, words.added)) / 2 >= SAME_SENTENCE


def _shared_weight(claim: ClaimAnalysis, absent: Iterable[ContentTerm]) -> float:
    void = read_statement(claim).void
    total = sum(term.weight for key, term in claim.terms.items() if key not in void)
    return 1 - sum(term.weight for term in absent if term.key not in void) / total if total else 0.0


def shares_name(before: ClaimAnalysis, after: ClaimAnalysis) -> bool:
    void = read_statement(after).void
    return any(
        term.kind is not WORDING and key in before.terms for key, term in after.terms.items() if key not in void
    )


def owners_differ(before: ClaimAnalysis, after: ClaimAnalysis, words: WordAlignment) -> bool:
    """Whether each claim names somebody or some place that the other does not."""
    return all(
        new_names(claim, [term for term in absent if term.key not in read_statement(claim).void])
        for claim, absent in ((before, words.removed), (after, words.added))
    )


def heads_differ(before: ClaimAnalysis, after: ClaimAnalysis, words: WordAlignment) -> bool:
    """Whether the claims begin with different subjects: the first word of each is absent from the other."""
    heads = head(before), head(after)
    return heads[0] in words.removed and heads[1] in words.added


def head(claim: ClaimAnalysis) -> ContentTerm | None:
    """Return the first content word of what a claim states."""
    void = read_statement(claim).void
    return next((term for key, term in claim.terms.items() if key not in void), None)


def is_same_slot(before: ClaimAnalysis, old: Quantity, after: ClaimAnalysis, new: Quantity) -> bool:
    """Whether two figures are values of one thing: the same unit, the same thing counted, governed by one word."""
    if old.unit != new.unit:
        return False
    counted = set(old.counted_keys) & set(new.counted_keys)
    if not counted and old.counted_keys and new.counted_keys:
        return False
    old_governor, new_governor = governor(before, old), governor(after, new)
    return (
        old_governor is None
        or new_governor is None
        or old_governor.key == new_governor.key
        or same_word(old_governor.word, new_governor.word)
    )


def governor(claim: ClaimAnalysis, figure: Quantity) -> ContentTerm | None:
    """Return the word before a figure that says what happens to what it counts, or None if there is none near it."""
    nearest = None
    for term, end in zip(claim.terms.values(), claim.spans[1::2], strict=True):
        is_near = end <= figure.start and figure.start - end <= MAX_GOVERNOR_DISTANCE
        if is_near and term.kind is WORDING and term.word.folded not in NEVER_GOVERN:
            nearest = term
    return nearest
