"""An inverted index from terms to the rows that contain them, used to find claims and stories.

A new row is first stored as pending, together with its terms, and each connection caches the pending rows in memory.
When enough terms are pending they are flushed: each term gets one more list of row ids. The terms of a row are spread
over the database, and writing a list costs as much there as writing a single id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from struct import pack, unpack

from sqlalchemy import BindParameter, Connection, Table, Transaction, bindparam, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert  # its ON CONFLICT compiles for SQLite as well

from monitor.store.schema import gist_postings, gist_terms, gist_unfiled, postings, terms, unfiled
from monitor.store.sql import execute_many, insert_rows, select_matching, select_raw

FLUSH_THRESHOLD_TERMS = 30_000  # pending terms, over all rows, at which they are flushed
MAX_LISTS_READ = 16  # lists of a common term read in one statement, newest first
COMPACTION_SLICES = 256  # slices in which an index is compacted


class TermIndex:
    """The statements on the three tables of an index.

    `lists` has the ids of the rows that contain a term, one list for each flush, numbered by its last pending row;
    `counts` has the number of rows that contain a term; `pending` has the rows not flushed yet. The numbers of
    pending rows only grow, because writers take turns.
    """

    def __init__(self, lists: Table, counts: Table, pending: Table) -> None:
        self.name = lists.name
        terms_param: BindParameter[int] = bindparam("terms", expanding=True)
        segment_param: BindParameter[int] = bindparam("lot")
        self.insert_pending = insert(pending)
        self.select_pending = (
            select(pending.c.n, pending.c.id, pending.c.terms)
            .where(pending.c.n >= segment_param)
            .order_by(pending.c.n)
        )
        self.delete_flushed = delete(pending).where(pending.c.n <= segment_param)
        self.insert_lists = insert(lists)
        insert_counts = upsert(counts)
        self.upsert_counts = insert_counts.on_conflict_do_update(
            index_elements=[counts.c.term], set_={"holders": counts.c.holders + insert_counts.excluded.holders}
        )
        self.select_counts = select(counts.c.term, counts.c.holders).where(counts.c.term.in_(terms_param))
        self.select_lists = select(lists.c.term, lists.c.ids).where(lists.c.term.in_(terms_param))
        self.select_newest_lists = (
            select(lists.c.lot, lists.c.ids)
            .where(lists.c.term == bindparam("term"), lists.c.lot < segment_param)
            .order_by(lists.c.lot.desc())
            .limit(MAX_LISTS_READ)
        )
        low_param: BindParameter[int] = bindparam("low")
        high_param: BindParameter[int] = bindparam("high")
        self.select_slice = (
            select(lists).where(lists.c.term.between(low_param, high_param)).order_by(lists.c.term, lists.c.lot)
        )
        is_list = (lists.c.term == bindparam("_term"), lists.c.lot == bindparam("_lot"))
        self.update_list = update(lists).where(*is_list).values(ids=bindparam("_ids"))
        self.delete_list = delete(lists).where(*is_list)
        self.decrement_count = (
            update(counts)
            .where(counts.c.term == bindparam("_term"))
            .values(holders=counts.c.holders - bindparam("_gone"))
        )
        self.delete_empty_counts = delete(counts).where(
            counts.c.term.between(low_param, high_param), counts.c.holders <= 0
        )


CLAIM_INDEX = TermIndex(postings, terms, unfiled)
STORY_INDEX = TermIndex(gist_postings, gist_terms, gist_unfiled)


@dataclass(slots=True)
class PendingPostings:
    """The pending rows of an index as a connection last read them. A row is (number, id, packed terms).

    `transaction` is the one in which they were read: nobody else's rows appear in it.
    """

    transaction: Transaction | None = None
    last_row: tuple[int, int, bytes] = (0, 0, b"")
    term_count: int = 0
    rows_by_term: dict[int, list[int]] = field(default_factory=dict)

    def add_row(self, row: tuple[int, int, bytes]) -> None:
        self.last_row = row
        row_terms = unpack_integers(row[2])
        self.term_count += len(row_terms)
        for term in row_terms:
            self.rows_by_term.setdefault(term, []).append(row[1])


def add_postings(conn: Connection, index: TermIndex, rows: Mapping[int, Iterable[int]]) -> None:
    """Make each row findable by its terms; terms may be added to a row later."""
    insert_rows(
        conn,
        index.insert_pending,
        ("id", "terms"),
        [(id, pack_integers(row_terms)) for id, row_terms in rows.items()],
    )
    cached_pending(conn, index).transaction = None  # there are new rows
    if load_pending(conn, index).term_count >= FLUSH_THRESHOLD_TERMS:
        flush(conn, index)


def load_pending(conn: Connection, index: TermIndex) -> PendingPostings:
    """Return the pending rows, reading only new ones, once in each transaction.

    The last row of the cache is read again: if it is gone, this or another process has flushed the rows. After a
    rollback the SQLite store empties the cache, because row numbers are used again there.
    """
    pending = cached_pending(conn, index)
    transaction = conn.get_transaction()
    if transaction is not None and pending.transaction is transaction:
        return pending
    rows = select_raw(conn, index.select_pending, lot=pending.last_row[0])
    if pending.last_row[0] and (not rows or tuple(rows[0]) != pending.last_row):
        pending = conn.info[index.name] = PendingPostings()
        rows = select_raw(conn, index.select_pending, lot=0)
    for row in rows[1:] if pending.last_row[0] else rows:
        pending.add_row(tuple(row))
    pending.transaction = conn.get_transaction()
    return pending


def cached_pending(conn: Connection, index: TermIndex) -> PendingPostings:
    """Return the pending rows as the connection last read them."""
    pending: PendingPostings = conn.info.setdefault(index.name, PendingPostings())
    return pending


def flush(conn: Connection, index: TermIndex) -> None:
    """Move the pending rows into the lists."""
    pending = load_pending(conn, index)
    segment, rows_by_term = pending.last_row[0], sorted(pending.rows_by_term.items())
    if rows_by_term:
        insert_rows(
            conn,
            index.insert_lists,
            ("term", "lot", "ids"),
            [(term, segment, pack_integers(ids, "I")) for term, ids in rows_by_term],
        )
        insert_rows(conn, index.upsert_counts, ("term", "holders"), [(term, len(ids)) for term, ids in rows_by_term])
        conn.execute(index.delete_flushed, {"lot": segment})
        conn.info[index.name] = PendingPostings()


def document_frequencies(conn: Connection, index: TermIndex, lookup_terms: Collection[int]) -> dict[int, int]:
    """Return the number of rows that contain each term, without terms that no row contains."""
    if not lookup_terms:
        return {}
    frequencies: dict[int, int] = dict(select_matching(conn, index.select_counts, lookup_terms))
    pending_rows = load_pending(conn, index).rows_by_term
    for term in pending_rows.keys() & lookup_terms:
        frequencies[term] = frequencies.get(term, 0) + len(pending_rows[term])
    return frequencies


def find_postings(
    conn: Connection, index: TermIndex, frequencies: Mapping[int, int], limit: int
) -> dict[int, list[int]]:
    """Return the rows that contain each term: all of them, or the newest `limit` or a few more.

    `frequencies` are those that `document_frequencies` has just returned, which read the pending rows.
    """
    rare_terms = [term for term, count in frequencies.items() if count <= limit]
    rows_by_term: dict[int, list[int]] = {}
    for term, ids in select_matching(conn, index.select_lists, rare_terms) if rare_terms else ():
        rows_by_term.setdefault(term, []).extend(unpack_integers(ids, "I"))
    pending_rows = cached_pending(conn, index).rows_by_term
    for term, count in frequencies.items():
        recent_rows = pending_rows.get(term, [])[-limit:]
        if count > limit:
            rows_by_term[term] = newest_postings(conn, index, term, limit - len(recent_rows))
        if recent_rows:
            rows_by_term[term] = rows_by_term.get(term, []) + recent_rows
    return rows_by_term


def newest_postings(conn: Connection, index: TermIndex, term: int, limit: int) -> list[int]:
    """Return the newest rows in the lists of a term: whole lists, until there are at least `limit`."""
    row_ids: list[int] = []
    lists: Sequence[tuple[int, bytes]] = [(2**62, b"")]
    while lists and len(row_ids) < limit:
        lists = select_raw(conn, index.select_newest_lists, term=term, lot=lists[-1][0])
        for _, ids in lists:
            if len(row_ids) < limit:
                row_ids += unpack_integers(ids, "I")
    return row_ids


def compact(conn: Connection, index: TermIndex, slice_number: int, live_ids: Container[int]) -> None:
    """Remove dead and duplicate rows from the lists of one of COMPACTION_SLICES slices, and correct the counts."""
    low, high = slice_bounds(slice_number)
    removed_counts: Counter[int] = Counter()
    shortened_lists, emptied_lists = [], []
    lists = select_raw(conn, index.select_slice, low=low, high=high)
    for term, segment, removed, remaining_ids in prune_lists(lists, live_ids):
        removed_counts[term] += removed
        list_key = {"_term": term, "_lot": segment}
        if remaining_ids:
            shortened_lists.append({**list_key, "_ids": pack_integers(remaining_ids, "I")})
        else:
            emptied_lists.append(list_key)
    execute_many(conn, index.update_list, shortened_lists)
    execute_many(conn, index.delete_list, emptied_lists)
    if removed_counts:
        conn.execute(
            index.decrement_count, [{"_term": term, "_gone": count} for term, count in removed_counts.items()]
        )
        conn.execute(index.delete_empty_counts, {"low": low, "high": high})


def prune_lists(
    rows: Iterable[tuple[int, int, bytes]], live_ids: Container[int]
) -> Iterator[tuple[int, int, int, Sequence[int]]]:
    """Yield the lists that lose rows: term, segment, number of rows removed, and remaining ids.

    `rows` are sorted by term and segment; a row is removed if it is dead or in an earlier list of the term.
    """
    for term, lists in groupby(rows, key=itemgetter(0)):
        seen_ids: set[int] = set()
        for _, segment, stored in lists:
            ids = unpack_integers(stored, "I")
            remaining_ids = [id for id in ids if id in live_ids and id not in seen_ids]
            seen_ids.update(remaining_ids)
            if len(remaining_ids) < len(ids):
                yield term, segment, len(ids) - len(remaining_ids), remaining_ids


def slice_bounds(slice_number: int) -> tuple[int, int]:
    """Return the first and the last term of a slice."""
    slice_width = 2**64 // COMPACTION_SLICES
    low = -(2**63) + slice_number * slice_width
    return low, low + slice_width - 1


def pack_integers(numbers: Iterable[int], type_code: str = "q") -> bytes:
    """Pack integers as bytes: signed 64-bit, or unsigned 32-bit with type code "I"."""
    values = list(numbers)
    return pack(f"<{len(values)}{type_code}", *values)


def unpack_integers(stored: bytes, type_code: str = "q") -> Sequence[int]:
    return unpack(f"<{len(stored) // (8 if type_code == 'q' else 4)}{type_code}", stored)
