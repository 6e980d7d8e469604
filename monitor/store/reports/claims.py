"""Pages of the ledger's claims, optionally limited to claims that contain given terms."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from monitor.model import Moment, PriorClaim
from monitor.store import inverted_index
from monitor.store.ledger import SELECT_SAYINGS_SINCE
from monitor.store.schema import claims
from monitor.text.normalize import hash64

MAX_MATCHING_CLAIMS = 500  # newest claims with all terms that are paged through


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim of the ledger with its earliest saying and the number of entries that have said it."""

    number: int
    earliest: PriorClaim
    saying_count: int
    last_at: Moment


def load_claim_page(
    conn: Connection, *, terms: Sequence[str] = (), limit: int = 50, before: int | None = None
) -> list[ClaimRow]:
    """Return a page of claims, newest first; with `terms` (in index form) only claims that contain all of them."""
    query = select(claims.c.id, claims.c.sayings, claims.c.last_at).order_by(claims.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(claims.c.id < before)
    if terms:
        matching = claims_with_all_terms(conn, {hash64(term) for term in terms}, before)
        query = query.where(claims.c.id.in_(matching[:MAX_MATCHING_CLAIMS]))
    rows_by_claim = {row.id: row for row in conn.execute(query)}
    saying_rows = (
        conn.execute(SELECT_SAYINGS_SINCE, {"claims": list(rows_by_claim), "since": float("-inf")})
        if rows_by_claim
        else ()
    )
    earliest_by_claim: dict[int, PriorClaim] = {}
    for id, *columns in saying_rows:
        earliest_by_claim.setdefault(id, PriorClaim(*columns))
    return [
        ClaimRow(id, earliest_by_claim[id], row.sayings, row.last_at)
        for id, row in rows_by_claim.items()
        if id in earliest_by_claim
    ]


def claims_with_all_terms(conn: Connection, terms: Collection[int], before: int | None) -> list[int]:
    """Return the ids below `before` of the claims that contain all of these hashed terms, newest first."""
    frequencies = inverted_index.document_frequencies(conn, inverted_index.CLAIM_INDEX, terms)
    rows_by_term = inverted_index.find_postings(
        conn, inverted_index.CLAIM_INDEX, frequencies, max(frequencies.values(), default=0)
    )
    common = set.intersection(*map(set, rows_by_term.values())) if rows_by_term.keys() == set(terms) else set()
    return sorted((id for id in common if before is None or id < before), reverse=True)
