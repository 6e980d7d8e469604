"""Adds an update to the ledger: its claims, which entry says them, and the index terms that find them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT compiles for SQLite as well

from monitor.model import Claim, Finding, Novelty
from monitor.store import inverted_index
from monitor.store.ledger import text_hash
from monitor.store.schema import claims, sayings
from monitor.store.sql import select_matching
from monitor.text.normalize import hash64

if TYPE_CHECKING:
    from monitor.assess import Assessment

SELECT_CLAIMS_BY_HASH = select(
    claims.c.text_hash, claims.c.id, claims.c.root, claims.c.sayings, claims.c.indexed
).where(claims.c.text_hash.in_(bindparam("hashes", expanding=True)))
SELECT_ENTRY_SAYINGS = select(sayings.c.claim_id, sayings.c.gone_at).where(
    sayings.c.entry_id == bindparam("entry"),
    or_(sayings.c.gone_at.is_(None), sayings.c.claim_id.in_(bindparam("claims", expanding=True))),
)
SELECT_NEXT_CLAIM_ID = select(func.coalesce(func.max(claims.c.id), 0) + 1)
INSERT_CLAIM = insert(claims)
INSERT_SAYING = insert(sayings)
UPDATE_SAYING_COUNT = (
    update(claims)
    .where(claims.c.id == bindparam("_id"))
    .values(sayings=claims.c.sayings + 1, last_at=bindparam("_at"))
)
UPDATE_INDEXED = update(claims).where(claims.c.id.in_(bindparam("_ids", expanding=True))).values(indexed=True)
UPDATE_GONE_AT = (
    update(sayings)
    .where(sayings.c.entry_id == bindparam("_entry"), sayings.c.claim_id.in_(bindparam("_claims", expanding=True)))
    .values(gone_at=bindparam("_at"))
)


@dataclass(frozen=True, slots=True)
class LedgerClaim:
    """A row of `claims`; `root_id` is the claim that it repeats, or its own id."""

    id: int
    root_id: int
    saying_count: int
    is_indexed: bool


def update_ledger(conn: Connection, assessment: Assessment, entry_id: int) -> dict[int, int]:
    """Update the ledger; return the row ids of all claims that the update says, withdraws or was compared with, by
    text hash."""
    claims_by_hash: dict[int, Claim] = {}
    for claim in assessment.claims:
        claims_by_hash.setdefault(text_hash(claim.text), claim)
    findings_by_hash = {text_hash(f.claim.text): f for f in assessment.findings if f.novelty is not Novelty.WITHDRAWN}
    withdrawn_hashes = [text_hash(f.claim.text) for f in assessment.findings if f.novelty is Novelty.WITHDRAWN]
    nearest_hashes = [text_hash(f.nearest.text) for f in findings_by_hash.values() if f.nearest]
    known_claims = find_claims(conn, {*claims_by_hash, *withdrawn_hashes, *nearest_hashes})
    added_claims = add_claims(conn, claims_by_hash, findings_by_hash, known_claims, assessment)
    ledger_claims = {**known_claims, **added_claims}
    record_sayings(conn, claims_by_hash, ledger_claims, added_claims, entry_id, assessment.update.at)
    unindexed = {key: row.id for key, row in ledger_claims.items() if key in findings_by_hash and not row.is_indexed}
    index_new_claims(conn, assessment, unindexed)
    return {key: row.id for key, row in ledger_claims.items()}


def find_claims(conn: Connection, hashes: Iterable[int]) -> dict[int, LedgerClaim]:
    """Return the known claims among these text hashes."""
    return {key: LedgerClaim(*row) for key, *row in select_matching(conn, SELECT_CLAIMS_BY_HASH, hashes)}


def add_claims(
    conn: Connection,
    claims_by_hash: Mapping[int, Claim],
    findings_by_hash: Mapping[int, Finding],
    known_claims: Mapping[int, LedgerClaim],
    assessment: Assessment,
) -> dict[int, LedgerClaim]:
    """Insert the claims that were never said before. The next id is free because writers take turns."""
    new_hashes = [key for key in claims_by_hash if key not in known_claims]
    if not new_hashes:
        return {}
    first_id: int = conn.execute(SELECT_NEXT_CLAIM_ID).scalar_one()
    added_claims: dict[int, LedgerClaim] = {}
    values = []
    for id, key in enumerate(new_hashes, first_id):
        finding = findings_by_hash.get(key)
        added_claims[key] = LedgerClaim(id, cluster_root(finding, known_claims) or id, 0, False)
        values.append(
            {
                "id": id,
                "text": claims_by_hash[key].text,
                "text_hash": key,
                "story": finding.story if finding else assessment.story,
                "root": added_claims[key].root_id,
                "sayings": 1,
                "indexed": False,
                "first_at": assessment.update.at,
                "last_at": assessment.update.at,
            }
        )
    conn.execute(INSERT_CLAIM, values)
    return added_claims


def cluster_root(finding: Finding | None, known_claims: Mapping[int, LedgerClaim]) -> int | None:
    """Return the root of the claim that this finding repeats in other words; None if it repeats none."""
    if finding is None or finding.novelty is not Novelty.REPEATED or finding.nearest is None:
        return None
    prior_row = known_claims.get(text_hash(finding.nearest.text))
    return prior_row.root_id if prior_row else None


def record_sayings(
    conn: Connection,
    claims_by_hash: Mapping[int, Claim],
    ledger_claims: Mapping[int, LedgerClaim],
    added_claims: Mapping[int, LedgerClaim],
    entry_id: int,
    at: float,
) -> None:
    """Record which claims the entry says now and which it no longer says."""
    hash_by_claim = {ledger_claims[key].id: key for key in claims_by_hash}
    gone_at_by_claim = dict(
        conn.execute(SELECT_ENTRY_SAYINGS, {"entry": entry_id, "claims": list(hash_by_claim)}).all()
    )
    new_sayings = {id: key for id, key in hash_by_claim.items() if id not in gone_at_by_claim}
    if new_sayings:
        conn.execute(
            INSERT_SAYING,
            [
                {
                    "claim_id": id,
                    "nth": ledger_claims[key].saying_count,
                    "entry_id": entry_id,
                    "heading": claims_by_hash[key].heading,
                    "first_at": at,
                    "gone_at": None,
                }
                for id, key in new_sayings.items()
            ],
        )
    repeated_claims = [{"_id": id, "_at": at} for id, key in new_sayings.items() if key not in added_claims]
    if repeated_claims:
        conn.execute(UPDATE_SAYING_COUNT, repeated_claims)
    gone_claims = [id for id, gone in gone_at_by_claim.items() if gone is None and id not in hash_by_claim]
    restored_claims = [id for id, gone in gone_at_by_claim.items() if gone is not None and id in hash_by_claim]
    set_gone_at(conn, entry_id, gone_claims, at)
    set_gone_at(conn, entry_id, restored_claims, None)


def set_gone_at(conn: Connection, entry_id: int, claim_ids: Sequence[int], gone_at: float | None) -> None:
    """Set when the entry stopped saying these claims; None if it says them again."""
    if claim_ids:
        conn.execute(UPDATE_GONE_AT, {"_entry": entry_id, "_claims": list(claim_ids), "_at": gone_at})


def index_new_claims(conn: Connection, assessment: Assessment, unindexed: Mapping[int, int]) -> None:
    """Add the claims of findings to the index. `unindexed` are row ids by text hash."""
    terms_by_claim: dict[int, set[int]] = {}
    for finding, words in zip(assessment.findings, assessment.index_terms, strict=True):
        key = text_hash(finding.claim.text)
        if words and key in unindexed:
            terms_by_claim[unindexed[key]] = {hash64(word) for word in words}
    if terms_by_claim:
        inverted_index.add_postings(conn, inverted_index.CLAIM_INDEX, terms_by_claim)
        conn.execute(UPDATE_INDEXED, {"_ids": list(terms_by_claim)})
