"""What the ledger learns of an update: which claims were said, by which entry, and the terms they are found by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT compiles for SQLite as well

from monitor.model import Claim, Finding, Novelty
from monitor.store import index as indexes
from monitor.store.ledger import text_hash
from monitor.store.schema import claims, sayings
from monitor.store.types import matching
from monitor.text.key import hash64

if TYPE_CHECKING:
    from monitor.assess import Assessment

KNOWN = select(claims.c.text_hash, claims.c.id, claims.c.root, claims.c.sayings, claims.c.indexed).where(
    claims.c.text_hash.in_(bindparam("hashes", expanding=True))
)
STANDING = select(sayings.c.claim_id, sayings.c.gone_at).where(
    sayings.c.entry_id == bindparam("entry"),
    or_(sayings.c.gone_at.is_(None), sayings.c.claim_id.in_(bindparam("claims", expanding=True))),
)
NEXT_ID = select(func.coalesce(func.max(claims.c.id), 0) + 1)
ADD_CLAIM = insert(claims)
ADD_SAYING = insert(sayings)
SAID_AGAIN = (
    update(claims)
    .where(claims.c.id == bindparam("_id"))
    .values(sayings=claims.c.sayings + 1, last_at=bindparam("_at"))
)
INDEXED = update(claims).where(claims.c.id.in_(bindparam("_ids", expanding=True))).values(indexed=True)
GONE = (
    update(sayings)
    .where(sayings.c.entry_id == bindparam("_entry"), sayings.c.claim_id.in_(bindparam("_claims", expanding=True)))
    .values(gone_at=bindparam("_at"))
)


@dataclass(frozen=True, slots=True)
class Row:
    """A claim of the ledger: its row, the claim it repeats, how many say it, and whether terms lead to it."""

    id: int
    root: int
    sayings: int
    indexed: bool


def learn(conn: Connection, assessment: Assessment, entry_id: int) -> dict[int, int]:
    """Brings the ledger up to date; the row of every claim that the update says or took back, by text hash."""
    said: dict[int, Claim] = {}
    for claim in assessment.claims:
        said.setdefault(text_hash(claim.text), claim)
    found = {text_hash(f.claim.text): f for f in assessment.findings if f.novelty is not Novelty.WITHDRAWN}
    gone = [text_hash(f.claim.text) for f in assessment.findings if f.novelty is Novelty.WITHDRAWN]
    known = look_up(conn, {*said, *gone, *(text_hash(f.nearest.text) for f in found.values() if f.nearest)})
    added = add_claims(conn, said, found, known, assessment)
    rows = {**known, **added}
    say(conn, said, rows, added, entry_id, assessment.update.at)
    index(conn, assessment, {key: row.id for key, row in rows.items() if key in found and not row.indexed})
    return {key: row.id for key, row in rows.items()}


def look_up(conn: Connection, hashes: Iterable[int]) -> dict[int, Row]:
    """The claims that the ledger has of these, by text hash."""
    return {key: Row(*row) for key, *row in matching(conn, KNOWN, hashes)}


def add_claims(
    conn: Connection,
    said: Mapping[int, Claim],
    found: Mapping[int, Finding],
    known: Mapping[int, Row],
    assessment: Assessment,
) -> dict[int, Row]:
    """Adds the claims that were never said before. Writers take turns, so the next number is ours."""
    fresh = [key for key in said if key not in known]
    if not fresh:
        return {}
    first: int = conn.execute(NEXT_ID).scalar_one()
    added: dict[int, Row] = {}
    values = []
    for id, key in enumerate(fresh, first):
        finding = found.get(key)
        added[key] = Row(id, root_of(finding, known) or id, 0, False)
        values.append(
            {
                "id": id,
                "text": said[key].text,
                "text_hash": key,
                "story": finding.story if finding else assessment.story,
                "root": added[key].root,
                "sayings": 1,
                "indexed": False,
                "first_at": assessment.update.at,
                "last_at": assessment.update.at,
            }
        )
    conn.execute(ADD_CLAIM, values)
    return added


def root_of(finding: Finding | None, known: Mapping[int, Row]) -> int | None:
    """The claim that this finding repeats in other words, if it repeats one."""
    if finding is None or finding.novelty is not Novelty.REPEATED or finding.nearest is None:
        return None
    row = known.get(text_hash(finding.nearest.text))
    return row.root if row else None


def say(
    conn: Connection,
    said: Mapping[int, Claim],
    rows: Mapping[int, Row],
    added: Mapping[int, Row],
    entry_id: int,
    at: float,
) -> None:
    """Notes what the entry says from now on, and which of its claims it says no longer."""
    now = {rows[key].id: key for key in said}
    before = dict(conn.execute(STANDING, {"entry": entry_id, "claims": list(now)}).all())
    fresh = {id: key for id, key in now.items() if id not in before}
    if fresh:
        conn.execute(
            ADD_SAYING,
            [
                {
                    "claim_id": id,
                    "nth": rows[key].sayings,
                    "entry_id": entry_id,
                    "heading": said[key].heading,
                    "first_at": at,
                    "gone_at": None,
                }
                for id, key in fresh.items()
            ],
        )
    again = [{"_id": id, "_at": at} for id, key in fresh.items() if key not in added]
    if again:
        conn.execute(SAID_AGAIN, again)
    mark(conn, entry_id, [id for id, gone in before.items() if gone is None and id not in now], at)
    mark(conn, entry_id, [id for id, gone in before.items() if gone is not None and id in now], None)


def mark(conn: Connection, entry_id: int, claim_ids: Sequence[int], gone_at: float | None) -> None:
    """Marks claims of the entry as gone, or as back."""
    if claim_ids:
        conn.execute(GONE, {"_entry": entry_id, "_claims": list(claim_ids), "_at": gone_at})


def index(conn: Connection, assessment: Assessment, unindexed: Mapping[int, int]) -> None:
    """Lets the terms of new findings lead to their claims."""
    found: dict[int, set[int]] = {}
    for finding, words in zip(assessment.findings, assessment.terms, strict=True):
        key = text_hash(finding.claim.text)
        if words and key in unindexed:
            found[unindexed[key]] = {hash64(word) for word in words}
    if found:
        indexes.add(conn, indexes.CLAIMS, found)
        conn.execute(INDEXED, {"_ids": list(found)})
