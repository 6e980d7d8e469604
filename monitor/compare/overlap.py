"""Whether updates that were compared with the same snapshot of the ledger would have found each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from heapq import nlargest
from operator import itemgetter

# Shared rare terms from which a claim may be a predecessor of another one. The ledger ranks candidates by the terms
# that they share, and no verdict but "new" rests on a single one, unless a claim has no more.
MIN_SHARED_TERMS = 2
MIN_SHARED_PART = 0.4  # of the terms of a claim in a long entry: a smaller part hardly ever leads to a verdict


@dataclass(frozen=True, slots=True)
class Lookups:
    """What an update looked up: for each claim its rarest terms and those that nothing contained yet, the heaviest
    words of its story, and the hashes of texts that were looked up word for word."""

    claims: Sequence[frozenset[int]] = ()
    story: frozenset[int] = frozenset()
    texts: frozenset[int] = frozenset()


@dataclass(slots=True)
class LaterRows:
    """What was added to the ledger after a snapshot: the terms of claims and of stories, and hashes of claim texts.

    `is_complete` is false if some added rows are not known, so that they may overlap with anything.
    """

    is_complete: bool = True
    texts: set[int] = field(default_factory=set)
    _claims: TermRows = field(default_factory=lambda: TermRows())
    _stories: TermRows = field(default_factory=lambda: TermRows())

    def add(
        self, claims: Iterable[Iterable[int]], stories: Iterable[Iterable[int]] = (), texts: Iterable[int] = ()
    ) -> None:
        self.texts.update(texts)
        for terms in claims:
            self._claims.add(terms)
        for terms in stories:
            self._stories.add(terms)

    def overlap(self, lookups: Lookups) -> bool:
        """Return whether an update with these lookups might have been compared differently after the snapshot."""
        return (
            not self.is_complete
            or not self.texts.isdisjoint(lookups.texts)
            or self._stories.has_row_like(lookups.story)
            or any(self._claims.has_row_like(terms) for terms in lookups.claims)
        )

    def overlapping(self, lookups: Lookups, limit: int) -> list[frozenset[int]]:
        """Return the terms of the claims that might have been compared differently after the snapshot.

        With more than `limit`, those that share the largest part of their terms with a later claim.
        """
        parts = [(self._claims.largest_part(terms), terms) for terms in lookups.claims if terms]
        return [terms for part, terms in nlargest(limit, parts, key=itemgetter(0)) if part >= MIN_SHARED_PART]


class TermRows:
    """Rows with the terms of each, found by the terms that they share with a lookup."""

    def __init__(self) -> None:
        self._rows_by_term: dict[int, list[int]] = {}
        self._sizes: list[int] = []

    def add(self, terms: Iterable[int]) -> None:
        row_terms = set(terms)
        for term in row_terms:
            self._rows_by_term.setdefault(term, []).append(len(self._sizes))
        self._sizes.append(len(row_terms))

    def has_row_like(self, terms: frozenset[int]) -> bool:
        shared = self._shared_terms(terms)
        return any(count >= min(MIN_SHARED_TERMS, len(terms), self._sizes[row]) for row, count in shared.items())

    def largest_part(self, terms: frozenset[int]) -> float:
        """Return the part of the terms that a row has, of the row that has most."""
        return max(self._shared_terms(terms).values(), default=0) / len(terms)

    def _shared_terms(self, terms: frozenset[int]) -> Counter[int]:
        shared: Counter[int] = Counter()
        for term in terms:
            shared.update(self._rows_by_term.get(term, ()))
        return shared
