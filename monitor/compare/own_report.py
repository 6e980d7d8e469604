"""The claims of the update being assessed, to find those that its later claims only restate."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.compare.together import Member
from monitor.model import Claim, PriorClaim, Role, Update
from monitor.text.analysis import Synonyms, analyze, index_terms

MAX_OWN_MEMBERS = 8  # earlier claims of the update that one claim is compared with
MAX_PLACES = 500  # claims of one entry with a term; a more common one says nothing, and reading them takes long


class OwnReport:
    """An index of an update's claims by their terms, without its title and noise."""

    def __init__(self, update: Update, claims: Sequence[Claim], synonyms: Synonyms) -> None:
        self._update, self._synonyms = update, synonyms
        self._claims = claims
        self._place_by_text = {claim.text: place for place, claim in reversed(list(enumerate(claims)))}
        self._places_by_term: dict[str, list[int]] | None = None

    def before(self, claim: Claim) -> list[Member]:
        """Return the claims before `claim` that share most of its terms."""
        last = self._place_by_text.get(claim.text, 0)
        shared: dict[int, int] = {}
        for term in index_terms(analyze(claim.text, self._synonyms)) if last else ():
            places = self._index().get(term, ())
            for place in places if len(places) <= MAX_PLACES else ():
                if place < last:
                    shared[place] = shared.get(place, 0) + 1
        best = sorted(shared, key=lambda place: shared[place], reverse=True)[:MAX_OWN_MEMBERS]
        return [self._member(self._claims[place]) for place in best]

    def _index(self) -> dict[str, list[int]]:
        if self._places_by_term is None:
            self._places_by_term = {}
            for place, claim in enumerate(self._claims):
                if claim.noise is None and claim.role is not Role.TITLE:
                    for term in index_terms(analyze(claim.text, self._synonyms)):
                        self._places_by_term.setdefault(term, []).append(place)
        return self._places_by_term

    def _member(self, claim: Claim) -> Member:
        update = self._update
        prior = PriorClaim(claim.text, update.source, update.entry, update.at, "", update.title, claim.heading)
        return Member(prior, analyze(claim.text, self._synonyms))
