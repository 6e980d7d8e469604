"""What was added to the ledger after a snapshot of it was read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, select

from monitor.compare.overlap import LaterRows
from monitor.store.inverted_index import CLAIM_INDEX, STORY_INDEX, TermIndex, unpack_integers
from monitor.store.schema import claims, entries, gist_unfiled, unfiled
from monitor.store.sql import select_raw, storable_text


class LedgerMark(NamedTuple):
    """How far the ledger was filled: the last claim, and the last pending rows of its two indexes, 0 for none."""

    claim: int
    claim_row: int
    story_row: int


SELECT_MARK = select(
    *(
        select(func.coalesce(func.max(column), 0)).scalar_subquery()
        for column in (claims.c.id, unfiled.c.n, gist_unfiled.c.n)
    )
)
# Claims with terms are found by them, so only the texts of the others are compared.
SELECT_LATER_TEXTS = select(claims.c.text_hash).where(claims.c.id > bindparam("claim"), ~claims.c.indexed)
MAX_LATER_CLAIMS = 1_000  # whose terms are found from their texts, newest first
SELECT_LATER_CLAIMS = (
    select(claims.c.text)
    .where(claims.c.id > bindparam("claim"), claims.c.indexed)
    .order_by(claims.c.id.desc())
    .limit(MAX_LATER_CLAIMS)
)
SELECT_CONTENT_HASHES = select(entries.c.source, entries.c.key, entries.c.content_hash).where(
    entries.c.source.in_(bindparam("sources", expanding=True)), entries.c.key.in_(bindparam("keys", expanding=True))
)


def ledger_mark(conn: Connection) -> LedgerMark:
    return LedgerMark(*select_raw(conn, SELECT_MARK)[0])


def rows_since(
    conn: Connection, mark: LedgerMark, terms_of: Callable[[str], Iterable[int]] | None = None
) -> LaterRows:
    """Return what was added after the mark. It is incomplete if an index was flushed meanwhile.

    With `terms_of`, which returns the hashed index terms of a claim, added claims are read instead of flushed rows.
    """
    later, now = LaterRows(), ledger_mark(conn)
    if now == mark:
        return later
    claim_terms: Sequence[Iterable[int]] | None = terms_since(conn, CLAIM_INDEX, mark.claim_row)
    if claim_terms is None and terms_of:
        added = select_raw(conn, SELECT_LATER_CLAIMS, claim=mark.claim)
        claim_terms = [terms_of(text) for (text,) in added]
    story_terms = terms_since(conn, STORY_INDEX, mark.story_row)
    texts = [text_hash for (text_hash,) in select_raw(conn, SELECT_LATER_TEXTS, claim=mark.claim)]
    later.add(claim_terms or (), story_terms or (), texts)
    later.is_complete = claim_terms is not None and story_terms is not None
    return later


def terms_since(conn: Connection, index: TermIndex, last_row: int) -> list[Sequence[int]] | None:
    """Return the terms of the pending rows after `last_row`; None if that row is gone, or there was none."""
    rows = select_raw(conn, index.select_pending, lot=last_row)
    if not last_row or not rows or rows[0][0] != last_row:
        return None
    return [unpack_integers(terms) for _, _, terms in rows[1:]]


def content_hashes(conn: Connection, keys_by_source: Mapping[str, Sequence[str]]) -> dict[tuple[str, str], str]:
    """Return the content hashes of the known entries with these keys, by source and key."""
    key_by_stored = {storable_text(key): key for keys in keys_by_source.values() for key in keys}
    rows = conn.execute(SELECT_CONTENT_HASHES, {"sources": list(keys_by_source), "keys": list(key_by_stored)})
    return {(source, key_by_stored[key]): content_hash for source, key, content_hash in rows}
