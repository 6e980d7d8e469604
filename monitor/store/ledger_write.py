"""Adds updates to the ledger: their claims, which entries say them, and the index terms that find them.

The updates of one poll are added together, so that their number hardly changes the number of statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT compiles for SQLite as well

from monitor.model import Claim, Finding, Novelty
from monitor.store import inverted_index
from monitor.store.ledger import text_hash
from monitor.store.schema import claims, sayings
from monitor.store.sql import execute_many, insert_rows, pad_ids, select_matching, storable_text
from monitor.text.normalize import hash64

if TYPE_CHECKING:
    from monitor.assess import Assessment

SELECT_CLAIMS_BY_HASH = select(
    claims.c.text_hash, claims.c.id, claims.c.root, claims.c.sayings, claims.c.indexed
).where(claims.c.text_hash.in_(bindparam("hashes", expanding=True)))
SELECT_ENTRY_SAYINGS = select(sayings.c.entry_id, sayings.c.claim_id, sayings.c.gone_at).where(
    sayings.c.entry_id.in_(bindparam("entries", expanding=True)),
    or_(sayings.c.gone_at.is_(None), sayings.c.claim_id.in_(bindparam("claims", expanding=True))),
)
SELECT_NEXT_CLAIM_ID = select(func.coalesce(func.max(claims.c.id), 0) + 1)
CLAIM_KEYS = ("id", "text", "text_hash", "story", "root", "sayings", "indexed", "first_at", "last_at")
SAYING_KEYS = ("claim_id", "nth", "entry_id", "heading", "first_at", "gone_at")
INSERT_CLAIM = insert(claims)
INSERT_SAYING = insert(sayings)
UPDATE_SAYING_COUNT = (
    update(claims)
    .where(claims.c.id == bindparam("_id"))
    .values(sayings=bindparam("_sayings"), last_at=bindparam("_at"))
)
UPDATE_INDEXED = update(claims).where(claims.c.id.in_(bindparam("_ids", expanding=True))).values(indexed=True)
UPDATE_GONE_AT = (
    update(sayings)
    .where(sayings.c.entry_id == bindparam("_entry"), sayings.c.claim_id == bindparam("_claim"))
    .values(gone_at=bindparam("_at"))
)


@dataclass(slots=True)
class LedgerClaim:
    """A row of `claims`; `root_id` is the claim that it repeats, or its own id."""

    id: int
    root_id: int
    saying_count: int
    is_indexed: bool


@dataclass(frozen=True, slots=True)
class EntryClaims:
    """What one update adds to the ledger, by text hash: the claims of its entry, and its findings not withdrawn."""

    assessment: Assessment
    entry_id: int
    claims: dict[int, Claim]
    findings: dict[int, Finding]

    @classmethod
    def of(cls, assessment: Assessment, entry_id: int) -> EntryClaims:
        claims: dict[int, Claim] = {}
        for claim in assessment.claims:
            claims.setdefault(text_hash(claim.text), claim)
        findings = {text_hash(f.claim.text): f for f in assessment.findings if f.novelty is not Novelty.WITHDRAWN}
        return cls(assessment, entry_id, claims, findings)

    def mentioned_hashes(self) -> Iterable[int]:
        """Return the text hashes of all claims that the update says, withdraws or was compared with."""
        yield from self.claims
        for finding in self.assessment.findings:
            if finding.novelty is Novelty.WITHDRAWN:
                yield text_hash(finding.claim.text)
            elif finding.nearest:
                yield text_hash(finding.nearest.text)


@dataclass(slots=True)
class LedgerRows:
    """The rows to write: new claims by text hash, new sayings, claims said once more, and sayings that end or return.

    `known` are the claims of the ledger by text hash; new ones join them with the next free ids. Ids are free because
    writers take turns.
    """

    known: dict[int, LedgerClaim]
    next_id: int
    new_claims: dict[int, tuple[LedgerClaim, Claim, str, float]] = field(default_factory=dict)
    sayings: list[tuple[int, int, int, str, float, None]] = field(default_factory=list)
    last_said: dict[int, tuple[LedgerClaim, float]] = field(default_factory=dict)
    ended: list[dict[str, object]] = field(default_factory=list)
    postings: dict[int, set[int]] = field(default_factory=dict)
    reindexed: list[int] = field(default_factory=list)

    def add_entry(self, entry: EntryClaims, gone_at_by_claim: Mapping[int, float | None]) -> None:
        """Add an update. `gone_at_by_claim` has the sayings that its entry has already, with when they ended."""
        at = entry.assessment.update.at
        said_ids = set()
        for key, claim in entry.claims.items():
            row = self.known.get(key) or self._add_claim(key, claim, entry)
            said_ids.add(row.id)
            if row.id not in gone_at_by_claim:
                self.sayings.append(
                    (row.id, row.saying_count, entry.entry_id, storable_text(claim.heading), at, None)
                )
                row.saying_count += 1
                self.last_said[row.id] = (row, at)
        for id, gone_at in gone_at_by_claim.items():
            if (id in said_ids) != (gone_at is None):
                self.ended.append({"_entry": entry.entry_id, "_claim": id, "_at": at if gone_at is None else None})
        self._index_findings(entry.assessment)

    def _add_claim(self, key: int, claim: Claim, entry: EntryClaims) -> LedgerClaim:
        finding = entry.findings.get(key)
        row = LedgerClaim(self.next_id, cluster_root(finding, self.known) or self.next_id, 0, False)
        self.next_id += 1
        self.known[key] = row
        self.new_claims[key] = (
            row,
            claim,
            finding.story if finding else entry.assessment.story,
            entry.assessment.update.at,
        )
        return row

    def _index_findings(self, assessment: Assessment) -> None:
        """Index the claims of findings that no earlier update indexed."""
        for finding, words in zip(assessment.findings, assessment.index_terms, strict=True):
            key = text_hash(finding.claim.text)
            row = self.known.get(key)
            if words and row and not row.is_indexed:
                row.is_indexed = True
                self.postings[row.id] = {hash64(word) for word in words}
                if key not in self.new_claims:
                    self.reindexed.append(row.id)


def update_ledger(conn: Connection, recorded: Sequence[tuple[Assessment, int]]) -> dict[int, int]:
    """Add assessed updates with the row ids of their entries. None may depend on another one of them.

    Return the row ids of all claims that the updates say, withdraw or were compared with, by text hash.
    """
    entries = [EntryClaims.of(assessment, entry_id) for assessment, entry_id in recorded]
    known = find_claims(conn, {key for entry in entries for key in entry.mentioned_hashes()})
    has_new = any(key not in known for entry in entries for key in entry.claims)
    rows = LedgerRows(known, conn.execute(SELECT_NEXT_CLAIM_ID).scalar_one() if has_new else 0)
    existing_sayings = find_sayings(conn, [entry.entry_id for entry in entries], [row.id for row in known.values()])
    for entry in entries:
        rows.add_entry(entry, existing_sayings.get(entry.entry_id, {}))
    write_rows(conn, rows)
    return {key: row.id for key, row in rows.known.items()}


def find_claims(conn: Connection, hashes: Iterable[int]) -> dict[int, LedgerClaim]:
    """Return the known claims among these text hashes."""
    return {key: LedgerClaim(*row) for key, *row in select_matching(conn, SELECT_CLAIMS_BY_HASH, hashes)}


def find_sayings(
    conn: Connection, entry_ids: Sequence[int], claim_ids: Sequence[int]
) -> dict[int, dict[int, float | None]]:
    """Return when the entries ended saying claims, by entry and claim; None for what they say now.

    Sayings that ended are returned for `claim_ids` only.
    """
    by_entry: dict[int, dict[int, float | None]] = {}
    for entry_id, claim_id, gone_at in conn.execute(
        SELECT_ENTRY_SAYINGS, {"entries": pad_ids(entry_ids), "claims": pad_ids(claim_ids)}
    ):
        by_entry.setdefault(entry_id, {})[claim_id] = gone_at
    return by_entry


def cluster_root(finding: Finding | None, known_claims: Mapping[int, LedgerClaim]) -> int | None:
    """Return the root of the claim that this finding repeats in other words; None if it repeats none."""
    if finding is None or finding.novelty is not Novelty.REPEATED or finding.nearest is None:
        return None
    prior_row = known_claims.get(text_hash(finding.nearest.text))
    return prior_row.root_id if prior_row else None


def write_rows(conn: Connection, rows: LedgerRows) -> None:
    """Write the collected rows."""
    new_ids = {row.id for row, *_ in rows.new_claims.values()}
    claim_rows = [
        (
            row.id,
            storable_text(claim.text),
            key,
            story,
            row.root_id,
            row.saying_count,
            row.is_indexed,
            at,
            rows.last_said[row.id][1],
        )
        for key, (row, claim, story, at) in rows.new_claims.items()
    ]
    repeated = [
        {"_id": id, "_sayings": row.saying_count, "_at": at}
        for id, (row, at) in rows.last_said.items()
        if id not in new_ids
    ]
    insert_rows(conn, INSERT_CLAIM, CLAIM_KEYS, claim_rows)
    insert_rows(conn, INSERT_SAYING, SAYING_KEYS, rows.sayings)
    execute_many(conn, UPDATE_SAYING_COUNT, repeated)
    execute_many(conn, UPDATE_GONE_AT, rows.ended)
    if rows.postings:
        inverted_index.add_postings(conn, inverted_index.CLAIM_INDEX, rows.postings)
    if rows.reindexed:
        conn.execute(UPDATE_INDEXED, {"_ids": rows.reindexed})
