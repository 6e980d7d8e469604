"""The claims of the update being assessed, to find those that its later claims only restate."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.compare.together import Member
from monitor.model import Claim, PriorClaim, Role, Update
from monitor.text.analysis import Synonyms, analyze, index_terms

MAX_OWN_MEMBERS = 8  # earlier claims of the update that one claim is compared with
MAX_CLAIMS_WITH_TERM = 500  # claims of one entry with a term; a more common one says nothing


class OwnReport:
    """An index of an update's claims by their terms, without its title and noise."""

    def __init__(self, update: Update, claims: Sequence[Claim], synonyms: Synonyms) -> None:
        self._update, self._synonyms = update, synonyms
        self._claims = claims
        self._index_by_text = {claim.text: index for index, claim in reversed(list(enumerate(claims)))}
        self._indexes_by_term: dict[str, list[int]] | None = None

    def before(self, claim: Claim) -> list[Member]:
        """Return the claims before `claim` that share most of its terms."""
        own_index = self._index_by_text.get(claim.text, 0)
        shared: dict[int, int] = {}
        for term in index_terms(analyze(claim.text, self._synonyms)) if own_index else ():
            indexes = self._index().get(term, ())
            for index in indexes if len(indexes) <= MAX_CLAIMS_WITH_TERM else ():
                if index < own_index:
                    shared[index] = shared.get(index, 0) + 1
        best = sorted(shared, key=lambda index: shared[index], reverse=True)[:MAX_OWN_MEMBERS]
        return [self._member(self._claims[index]) for index in best]

    def _index(self) -> dict[str, list[int]]:
        if self._indexes_by_term is None:
            self._indexes_by_term = {}
            for index, claim in enumerate(self._claims):
                if claim.noise is None and claim.role is not Role.TITLE:
                    for term in index_terms(analyze(claim.text, self._synonyms)):
                        self._indexes_by_term.setdefault(term, []).append(index)
        return self._indexes_by_term

    def _member(self, claim: Claim) -> Member:
        return Member(claim_as_prior(claim, self._update), analyze(claim.text, self._synonyms))


def claim_as_prior(claim: Claim, update: Update, story: str = "") -> PriorClaim:
    """Return a claim of the update as an earlier claim, which other claims of its entry are compared with."""
    return PriorClaim(claim.text, update.source, update.entry, update.at, story, update.title, claim.heading)
