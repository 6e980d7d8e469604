"""Search the ledger by a query of the rule language, newest claims first, for a limited time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from monitor.model import Moment, PriorClaim
from monitor.ruleset.query.lint import term_scopes
from monitor.ruleset.query.nodes import Query
from monitor.ruleset.search import find_matches
from monitor.store.history import claim_texts, sayings_of_claims


@dataclass(frozen=True, slots=True)
class FoundClaim:
    """A claim that matches, with all its sayings, earliest first, and the matched words."""

    number: int
    sayings: tuple[PriorClaim, ...]
    matched: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClaimSearch:
    """Which claims to find: those that match, said by the source and first said since a moment, if given."""

    query: Query
    source: str | None = None
    since: Moment | None = None

    def includes(self, claim: FoundClaim) -> bool:
        """Return whether a claim that matches is said by the source, and was first said since the moment."""
        is_from_source = self.source is None or any(saying.source == self.source for saying in claim.sayings)
        return is_from_source and (self.since is None or claim.sayings[0].at >= self.since)


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Some results. The claims with numbers below `before` have not been searched; None if all were.

    `reached` is when the last claim that was searched was first said; None if none was.
    """

    claims: tuple[FoundClaim, ...]
    before: int | None
    reached: Moment | None
    searched: int


def search_claims(conn: Connection, query: Query) -> Iterator[FoundClaim]:
    """Yield each matching claim, newest first."""
    before: int | None = None
    while page := claim_texts(conn, before):
        yield from matching_claims(conn, query, page)
        before = min(page)


def search_page(
    conn: Connection,
    search: ClaimSearch,
    *,
    limit: int,
    seconds: float,
    before: int | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> SearchPage:
    """Return up to `limit` results, of those below the number `before`: what was found within `seconds`."""
    began, claims, searched = clock(), list[FoundClaim](), 0
    reached: Moment | None = None
    while page := claim_texts(conn, before):
        claims += filter(search.includes, matching_claims(conn, search.query, page))
        searched += len(page)
        before = min(page)
        if len(claims) > limit:
            before = claims[limit - 1].number
            claims = claims[:limit]
            break
        oldest = sayings_of_claims(conn, [before]).get(before)
        reached = oldest[0].at if oldest else reached
        if search.since is not None and reached is not None and reached < search.since:
            return SearchPage(tuple(claims), None, reached, searched)
        if clock() - began > seconds:
            break
    else:
        before = None
    return SearchPage(tuple(claims), before, reached, searched)


def matching_claims(conn: Connection, query: Query, page: dict[int, str]) -> list[FoundClaim]:
    """Return the claims of a page of texts that match, in its order, without those that were deleted."""
    numbers = list(page)
    needs_titles = "title" in term_scopes(query.root)
    sayings = sayings_of_claims(conn, numbers) if needs_titles else {}
    titles = [sayings[number][0].title if number in sayings else "" for number in numbers if needs_titles]
    words_by_index = find_matches(query, list(page.values()), titles)
    sayings = sayings or sayings_of_claims(conn, [numbers[index] for index in words_by_index])
    return [
        FoundClaim(numbers[index], tuple(sayings[numbers[index]]), words)
        for index, words in words_by_index.items()
        if numbers[index] in sayings
    ]
