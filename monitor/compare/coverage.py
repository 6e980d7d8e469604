"""Measures how much of a claim earlier claims state: its words, names, clauses and days.

Attributions and relative days weigh nothing. Figures, identifiers and days are compared on their own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from monitor.compare.words import same_word
from monitor.text.analysis import WORDING, ClaimAnalysis, ContentTerm
from monitor.text.lexicon.stopwords import WEAK_WORDS
from monitor.text.statement import read_statement

FULL = 0.72  # of the weight of a claim's words: from this share on, one earlier claim states all of it
FULL_TOGETHER = 0.78  # the same for several earlier claims together
CLEAR = 0.8  # below this share, claims that begin with different subjects are about different things
MOST = 0.6  # of the weight: enough for a "not" or an opposite to be about the same fact
MAX_TERM_WEIGHT = 1.0  # names have the weight of other words: the predicate is what is new
MIN_CLAUSE = 0.25  # of the weight of each clause
MIN_CLAUSE_WEIGHT = 0.9  # a clause of less is part of its neighbour


@dataclass(frozen=True, slots=True)
class Coverage:
    """What earlier claims state of a claim: the share of its weight, the lowest share of a clause, and the rest."""

    share: float
    lowest_clause: float
    uncovered: tuple[ContentTerm, ...]
    new_names: tuple[ContentTerm, ...]

    def is_full(self, minimum: float) -> bool:
        return self.share >= minimum and self.lowest_clause >= MIN_CLAUSE and not self.new_names


def cover(claim: ClaimAnalysis, uncovered: Iterable[ContentTerm]) -> Coverage:
    """Return the coverage of a claim, given the terms that no earlier claim has.

    A name is not new if it extends a shared name in the text: "Maria" of "Maria Silva".
    """
    statement = read_statement(claim)
    missing = {term.key: term for term in uncovered if term.key not in statement.void}
    weights = {key: min(claim.terms[key].weight, MAX_TERM_WEIGHT) for clause in statement.clauses for key in clause}
    total = sum(weights.values())
    share = 1 - sum(weights[key] for key in missing if key in weights) / total if total else 1.0
    return Coverage(
        share,
        _lowest_clause(statement.clauses, weights, missing),
        tuple(missing.values()),
        new_names(claim, missing.values()),
    )


def _lowest_clause(clauses: Sequence[Sequence[str]], weights: dict[str, float], missing: Collection[str]) -> float:
    lowest = 1.0
    for clause in clauses:
        total = sum(weights[key] for key in clause)
        if total >= MIN_CLAUSE_WEIGHT:
            lowest = min(lowest, sum(weights[key] for key in clause if key not in missing) / total)
    return lowest


def new_names(claim: ClaimAnalysis, missing: Collection[ContentTerm]) -> tuple[ContentTerm, ...]:
    """Return the names among the missing terms that are not part of a longer form of a known name."""
    names = [term for term in missing if term.kind is not WORDING and term.word.folded not in WEAK_WORDS]
    if not names:
        return ()
    absent = {term.key for term in missing}
    spans = [claim.span(term) for term in claim.terms.values() if term.kind is not WORDING and term.key not in absent]
    edges = {edge for start, end in spans for edge in (start - 1, end + 1)}
    return tuple(term for term in names if edges.isdisjoint(claim.span(term)))


def uncovered_by_all(claim: ClaimAnalysis, priors: Sequence[ClaimAnalysis]) -> list[ContentTerm]:
    """Return the terms of a claim that none of the earlier claims has, also in no other spelling."""
    missing = [term for key, term in claim.terms.items() if not any(key in prior.terms for prior in priors)]
    return [term for term in missing if not any(_has_variant(term, prior) for prior in priors)]


def _has_variant(term: ContentTerm, prior: ClaimAnalysis) -> bool:
    if term.key[:1] == "@":
        return False
    return any(
        other.key[:1] != "@" and other.word.initial == term.word.initial and same_word(other.word, term.word)
        for other in prior.terms.values()
    )
