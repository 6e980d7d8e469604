"""Bring a long entry up to date with what other polls committed while it was compared.

It is not compared again as a whole, least of all under the write lock: only its claims that later ones may change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from monitor.assess import Comparison, Policy, compare_again
from monitor.compare.overlap import LaterRows, Lookups
from monitor.model import Novelty
from monitor.polling.compared import ComparedChunk, ComparedEntry, IngestContext
from monitor.store import snapshot
from monitor.store.base import Store
from monitor.store.ledger import text_hash
from monitor.text.analysis import analyze, index_terms
from monitor.text.normalize import hash64

if TYPE_CHECKING:
    from sqlalchemy import Connection

MAX_CATCH_UPS = 3  # comparisons with what was committed during the previous one
# Claims compared again at once, and under the write lock: those that are most like later ones. A long table with rows
# that all look alike would otherwise be compared again as a whole.
MAX_CLAIMS_REDONE, MAX_CLAIMS_IN_LOCK = 400, 50


def catch_up(store: Store, context: IngestContext, chunk: ComparedChunk) -> ComparedChunk:
    """Compare a long entry again where other polls have overtaken it, so that its commit has little to compare."""
    if not chunk.entries or not chunk.entries[-1].is_long or chunk.entries[-1].policy.baseline:
        return chunk
    *others, long_entry = chunk.entries
    mark = chunk.mark
    for _ in range(MAX_CATCH_UPS):
        with store.read() as conn:
            later_rows = snapshot.rows_since(conn, mark, terms_hasher(long_entry.policy))
            mark = snapshot.ledger_mark(conn)
            redo = overtaken_findings(long_entry.comparison, long_entry.lookups, later_rows, MAX_CLAIMS_REDONE)
            long_entry = compare_findings(conn, context, long_entry, redo, long_entry.policy)
        if len(redo) <= MAX_CLAIMS_IN_LOCK:
            break
    return ComparedChunk(chunk.mark, (*others, long_entry), mark)


def compare_overtaken(
    conn: Connection, context: IngestContext, compared: ComparedEntry, later_rows: LaterRows, policy: Policy
) -> ComparedEntry:
    """Compare again those claims of a long entry that later rows may have changed; match the rules of `policy`."""
    redo = overtaken_findings(compared.comparison, compared.lookups, later_rows, MAX_CLAIMS_IN_LOCK)
    return compare_findings(conn, context, compared, redo, policy)


def compare_findings(
    conn: Connection, context: IngestContext, compared: ComparedEntry, redo: Sequence[int], policy: Policy
) -> ComparedEntry:
    """Compare the findings at the indexes `redo` again."""
    if not redo and compared.policy.rules is policy.rules:
        return compared
    comparison = compare_again(compared.comparison, redo, context.history(conn), policy, context.now)
    is_stale = compared.policy.is_stale
    return replace(compared, comparison=comparison, policy=replace(policy, is_stale=is_stale))


def overtaken_findings(comparison: Comparison, lookups: Lookups, later_rows: LaterRows, limit: int) -> list[int]:
    """Return the indexes of the findings that later rows may have changed, of about `limit` claims."""
    overlapping = later_rows.overlapping(lookups, limit)
    if not overlapping and not later_rows.texts:
        return []
    terms_by_finding = [frozenset(map(hash64, terms)) for terms in comparison.index_terms]
    findings_by_term: dict[int, list[int]] = {}
    for index, terms in enumerate(terms_by_finding):
        for term in terms:
            findings_by_term.setdefault(term, []).append(index)
    redo = {i for i, f in enumerate(comparison.findings) if text_hash(f.claim.text) in later_rows.texts}
    for looked_up in filter(None, overlapping):
        holders = min((findings_by_term.get(term, []) for term in looked_up), key=len)
        redo.update(index for index in holders if looked_up <= terms_by_finding[index])
    return [index for index in sorted(redo) if comparison.findings[index].novelty is not Novelty.WITHDRAWN]


def terms_hasher(policy: Policy) -> Callable[[str], list[int]]:
    """Return a function that returns the hashed terms by which the ledger finds a claim."""
    return lambda text: [hash64(term) for term in index_terms(analyze(text, policy.synonyms))]
