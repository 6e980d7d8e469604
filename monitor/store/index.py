"""An index from terms to the rows that hold them: by it the ledger finds claims, and stories.

A new row waits first, its terms beside it, and each connection keeps in memory what waits. Once enough waits it is
filed: each term gets one more list of rows. A row has many terms, each in another place of the database; a list costs
as much to write there as a single row of it would.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from struct import pack, unpack

from sqlalchemy import BindParameter, Connection, Table, bindparam, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert  # its ON CONFLICT compiles for SQLite as well

from monitor.store.schema import gist_postings, gist_terms, gist_unfiled, postings, terms, unfiled
from monitor.store.types import execute_many, insert_rows, matching, rows_of

FULL = 30_000  # terms that wait with their rows, from which they are filed
LISTS = 16  # lists of a common term that are read at once, newest first
SLICES = 256  # pieces an index is swept in


class TermIndex:
    """The statements over the three tables of an index.

    `lists` has the rows that hold a term, one list for each filing; `counts` how many hold it; `waiting` the rows
    that are not filed yet. The numbers of waiting rows only grow, for writers take turns.
    """

    def __init__(self, lists: Table, counts: Table, waiting: Table) -> None:
        self.name = lists.name
        wanted: BindParameter[int] = bindparam("terms", expanding=True)
        lot: BindParameter[int] = bindparam("lot")
        self.wait = insert(waiting)
        self.waiting = (
            select(waiting.c.n, waiting.c.id, waiting.c.terms).where(waiting.c.n >= lot).order_by(waiting.c.n)
        )
        self.filed = delete(waiting).where(waiting.c.n <= lot)
        self.file = insert(lists)
        more = upsert(counts)
        self.count = more.on_conflict_do_update(
            index_elements=[counts.c.term], set_={"holders": counts.c.holders + more.excluded.holders}
        )
        self.counts = select(counts.c.term, counts.c.holders).where(counts.c.term.in_(wanted))
        self.lists = select(lists.c.term, lists.c.ids).where(lists.c.term.in_(wanted))
        self.newest = (
            select(lists.c.lot, lists.c.ids)
            .where(lists.c.term == bindparam("term"), lists.c.lot < lot)
            .order_by(lists.c.lot.desc())
            .limit(LISTS)
        )
        low: BindParameter[int] = bindparam("low")
        high: BindParameter[int] = bindparam("high")
        self.piece = select(lists).where(lists.c.term.between(low, high)).order_by(lists.c.term, lists.c.lot)
        listed = (lists.c.term == bindparam("_term"), lists.c.lot == bindparam("_lot"))
        self.shorten = update(lists).where(*listed).values(ids=bindparam("_ids"))
        self.drop = delete(lists).where(*listed)
        self.uncount = (
            update(counts)
            .where(counts.c.term == bindparam("_term"))
            .values(holders=counts.c.holders - bindparam("_gone"))
        )
        self.unheld = delete(counts).where(counts.c.term.between(low, high), counts.c.holders <= 0)


CLAIMS = TermIndex(postings, terms, unfiled)
STORIES = TermIndex(gist_postings, gist_terms, gist_unfiled)


@dataclass(slots=True)
class Waiting:
    """What waits in an index, as one connection saw it last: up to which row, and which rows hold each term."""

    last: tuple[int, int, bytes] = (0, 0, b"")
    size: int = 0
    holding: dict[int, list[int]] = field(default_factory=dict)

    def take(self, row: tuple[int, int, bytes]) -> None:
        """Adds a row that waits as well."""
        self.last = row
        held = integers(row[2])
        self.size += len(held)
        for term in held:
            self.holding.setdefault(term, []).append(row[1])


def add(conn: Connection, index: TermIndex, rows: Mapping[int, Iterable[int]]) -> None:
    """Lets each row be found by its terms; a row may get more of them later."""
    insert_rows(conn, index.wait, ("id", "terms"), [(id, packed(held)) for id, held in rows.items()])
    if waiting(conn, index).size >= FULL:
        file(conn, index)


def waiting(conn: Connection, index: TermIndex) -> Waiting:
    """What waits now. The last row known is read again: if it is gone, all were filed or it was never committed."""
    kept: Waiting = conn.info.setdefault(index.name, Waiting())
    found = rows_of(conn, index.waiting, lot=kept.last[0])
    if kept.last[0] and (not found or tuple(found[0]) != kept.last):
        kept = conn.info[index.name] = Waiting()
        found = rows_of(conn, index.waiting, lot=0)
    for row in found[1:] if kept.last[0] else found:
        kept.take(tuple(row))
    return kept


def file(conn: Connection, index: TermIndex) -> None:
    """Files what waits."""
    waits = waiting(conn, index)
    lot, held = waits.last[0], sorted(waits.holding.items())
    if held:
        insert_rows(conn, index.file, ("term", "lot", "ids"), [(term, lot, packed(ids, "I")) for term, ids in held])
        insert_rows(conn, index.count, ("term", "holders"), [(term, len(ids)) for term, ids in held])
        conn.execute(index.filed, {"lot": lot})
        conn.info[index.name] = Waiting()


def holders(conn: Connection, index: TermIndex, wanted: Collection[int]) -> dict[int, int]:
    """How many rows hold each term; terms that none holds are left out."""
    if not wanted:
        return {}
    found: dict[int, int] = dict(matching(conn, index.counts, wanted))
    fresh = waiting(conn, index).holding
    for term in fresh.keys() & wanted:
        found[term] = found.get(term, 0) + len(fresh[term])
    return found


def holding(conn: Connection, index: TermIndex, counts: Mapping[int, int], most: int) -> dict[int, list[int]]:
    """The rows that hold each term of `counts`, which says how many do: the newest, `most` or some more of them."""
    rare = [term for term, count in counts.items() if count <= most]
    found: dict[int, list[int]] = {}
    for term, ids in matching(conn, index.lists, rare) if rare else ():
        found.setdefault(term, []).extend(integers(ids, "I"))
    fresh = waiting(conn, index).holding
    for term, count in counts.items():
        recent = fresh.get(term, [])
        if count > most:
            found[term] = newest(conn, index, term, most - len(recent))
        if recent:
            found[term] = found.get(term, []) + recent
    return found


def newest(conn: Connection, index: TermIndex, term: int, most: int) -> list[int]:
    """The newest rows filed under a term, until there are `most`."""
    found: list[int] = []
    lists: Sequence[tuple[int, bytes]] = [(2**62, b"")]
    while lists and len(found) < most:
        lists = rows_of(conn, index.newest, term=term, lot=lists[-1][0])
        for _, ids in lists:
            if len(found) < most:
                found += integers(ids, "I")
    return found


def sweep(conn: Connection, index: TermIndex, piece: int, alive: Container[int]) -> None:
    """Frees the lists of one of SLICES pieces of the index of rows that are not alive or that an earlier list has
    too, and counts anew."""
    low, high = bounds(piece)
    gone: Counter[int] = Counter()
    shorter, empty = [], []
    for term, lot, lost, left in pruned(rows_of(conn, index.piece, low=low, high=high), alive):
        gone[term] += lost
        here = {"_term": term, "_lot": lot}
        if left:
            shorter.append({**here, "_ids": packed(left, "I")})
        else:
            empty.append(here)
    execute_many(conn, index.shorten, shorter)
    execute_many(conn, index.drop, empty)
    if gone:
        conn.execute(index.uncount, [{"_term": term, "_gone": count} for term, count in gone.items()])
        conn.execute(index.unheld, {"low": low, "high": high})


def pruned(
    rows: Iterable[tuple[int, int, bytes]], alive: Container[int]
) -> Iterator[tuple[int, int, int, Sequence[int]]]:
    """The lists that lose rows: term, lot, how many they lose, and the rows that are left. `rows` are by term."""
    for term, lists in groupby(rows, key=itemgetter(0)):
        listed: set[int] = set()
        for _, lot, stored in lists:
            ids = integers(stored, "I")
            left = [id for id in ids if id in alive and id not in listed]
            listed.update(left)
            if len(left) < len(ids):
                yield term, lot, len(ids) - len(left), left


def bounds(piece: int) -> tuple[int, int]:
    """The first and the last term of one of SLICES pieces of an index."""
    size = 2**64 // SLICES
    low = -(2**63) + piece * size
    return low, low + size - 1


def packed(numbers: Iterable[int], kind: str = "q") -> bytes:
    """Integers as bytes: of 64 bits with a sign, or with "I" of 32 without one."""
    listed = list(numbers)
    return pack(f"<{len(listed)}{kind}", *listed)


def integers(stored: bytes, kind: str = "q") -> Sequence[int]:
    """The integers of `packed`."""
    return unpack(f"<{len(stored) // (8 if kind == 'q' else 4)}{kind}", stored)
