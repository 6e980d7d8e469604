"""Looks up what was said before: an entry's last version, and the earlier claims nearest to new ones.

Candidates are found by an index from terms to claims. The rarest terms of a claim that the ledger knows are looked
up, rarest first, and the claims that share most of them are returned; the caller compares the words. What is read
for a claim is bounded, so the cost hardly grows with the ledger.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from heapq import nlargest
from itertools import accumulate
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from monitor.model import Moment, Said, Update
from monitor.store import index
from monitor.store.codec import update_from
from monitor.store.index import CLAIMS
from monitor.store.schema import claims, entries, sayings, sources, updates
from monitor.store.types import matching, storable
from monitor.text.key import hash64, text_key

MOST, LEAST = 8, 5  # terms of a claim that are looked up, the rarest
ENOUGH = 800  # postings read for a claim, after which no more than LEAST terms are looked up
NEWEST = 500  # postings read for one term, newest first
SHOWN = 8  # sayings returned for one claim
SCANNED = 32  # sayings of one claim that these are chosen from
EXACT = 64  # sayings returned for a text looked up word for word

SOURCE, TITLE, HEADING = 2, 6, 7  # columns of SAYING

TOUCH = (
    update(entries)
    .where(entries.c.source == bindparam("_source"), entries.c.key.in_(bindparam("_keys", expanding=True)))
    .values(last_seen=bindparam("_now"))
)
READ = update(sources).where(sources.c.name == bindparam("_source")).values(last_read=bindparam("_now"))
PREVIOUS = (
    select(updates, entries.c.source, entries.c.key)
    .join(entries, entries.c.id == updates.c.entry_id)
    .where(entries.c.source == bindparam("source"), entries.c.key == bindparam("key"))
    .order_by(updates.c.id.desc())
    .limit(1)
)
STORY = PREVIOUS.with_only_columns(updates.c.story)
SAYING = (
    select(
        claims.c.id,
        claims.c.text,
        entries.c.source,
        entries.c.key,
        sayings.c.first_at,
        claims.c.story,
        entries.c.title,
        sayings.c.heading,
        sayings.c.gone_at,
        entries.c.url,
    )
    .join(claims, claims.c.id == sayings.c.claim_id)
    .join(entries, entries.c.id == sayings.c.entry_id)
    .where(sayings.c.claim_id.in_(bindparam("claims", expanding=True)))
)
OWN = SAYING.where(entries.c.source == bindparam("source"), entries.c.key == bindparam("key"))
SAID = SAYING.where(func.coalesce(sayings.c.gone_at, entries.c.last_seen) >= bindparam("since")).order_by(
    sayings.c.claim_id, sayings.c.first_at, sayings.c.nth
)
SAID_FIRST = SAID.where(sayings.c.nth < bindparam("scanned"))
SAID_BY = SAID.where(entries.c.source.in_(bindparam("sources", expanding=True)))
BY_HASH = select(claims.c.text_hash, claims.c.id).where(claims.c.text_hash.in_(bindparam("hashes", expanding=True)))


def text_hash(text: str) -> int:
    """What a claim is found by word for word, however it is cased or spaced."""
    return hash64(text_key(storable(text)))


def previous(conn: Connection, source: str, entry: str) -> Update | None:
    """The entry's latest version."""
    row = conn.execute(PREVIOUS, {"source": source, "key": entry}).first()
    return update_from(row) if row else None


def touch(conn: Connection, source: str, keys: Sequence[str], now: Moment) -> None:
    """Notes that these entries, and no others, stand in the source: what they say is being said now."""
    conn.execute(READ, {"_source": source, "_now": now})
    if keys:
        conn.execute(TOUCH, {"_source": source, "_keys": list(keys), "_now": now})


class Ledger:
    """The claims said since `since`, on one connection."""

    def __init__(self, conn: Connection, *, since: Moment) -> None:
        self._conn = conn
        self._since = since

    def candidates(
        self, terms: Sequence[Sequence[str]], *, limit: int = 20, sources: frozenset[str] | None = None
    ) -> list[list[Said]]:
        """For each list of terms up to `limit` earlier claims that share most of its rarest ones, best first.

        A claim said by several entries gives its earliest saying and some about other subjects, one after the
        other. With `sources` only what these said counts.
        """
        hashed = [[hash64(term) for term in dict.fromkeys(query)] for query in terms]
        near = self._nearest(hashed, limit if sources is None else 4 * limit)
        rows = self._rows({claim for found in near for claim in found}, sources, SCANNED)
        said = {claim: [Said(*row[1:]) for row in various(group)] for claim, group in rows.items()}
        return [
            [one for claim in [claim for claim in found if claim in said][:limit] for one in said[claim]]
            for found in near
        ]

    def exact(self, texts: Sequence[str], *, sources: frozenset[str] | None = None) -> dict[str, list[Said]]:
        """For each text that was said word for word its sayings, earliest first, up to EXACT.

        With `sources` only what these said counts.
        """
        hashes = {text: text_hash(text) for text in texts}
        found: dict[int, int] = dict(matching(self._conn, BY_HASH, set(hashes.values())))
        said = self._rows(found.values(), sources, EXACT)
        return {
            text: [Said(*row[1:]) for row in said[found[key]]]
            for text, key in hashes.items()
            if found.get(key) in said
        }

    def own(self, source: str, entry: str, texts: Sequence[str]) -> dict[str, Said]:
        """For each text that this entry says or said, its saying, however long ago."""
        hashes = {text: text_hash(text) for text in texts}
        found = dict(matching(self._conn, BY_HASH, set(hashes.values())))
        asked = {"claims": list(found.values()), "source": source, "key": entry}
        said = {id: Said(*saying) for id, *saying in self._conn.execute(OWN, asked)} if found else {}
        return {text: said[found[key]] for text, key in hashes.items() if found.get(key) in said}

    def story(self, source: str, entry: str) -> str | None:
        """The story of an entry's latest version."""
        found: str | None = self._conn.scalar(STORY, {"source": source, "key": entry})
        return found

    def _nearest(self, queries: Sequence[Sequence[int]], limit: int) -> list[list[int]]:
        """For each query the claims that share most of its rarest terms, best and then newest first."""
        common = index.holders(self._conn, CLAIMS, {term for query in queries for term in query})
        looked_up = [rarest(query, common) for query in queries]
        wanted = {term: common[term] for query in looked_up for term in query}
        holding = index.holding(self._conn, CLAIMS, wanted, NEWEST)
        return [best(query, holding, limit) for query in looked_up]

    def _rows(
        self, wanted: Iterable[int], sources: frozenset[str] | None, scanned: int
    ) -> dict[int, list[Sequence[Any]]]:
        """The rows of SAID of each claim, earliest first."""
        asked: dict[str, Any] = {"claims": list(wanted), "since": self._since}
        if not asked["claims"]:
            return {}
        if sources is None:
            found = self._conn.execute(SAID_FIRST, {**asked, "scanned": scanned})
        else:
            found = self._conn.execute(SAID_BY, {**asked, "sources": list(sources)})
        return grouped(found.all())


def rarest(query: Sequence[int], common: Mapping[int, int]) -> list[int]:
    """The terms to look up, rarest first: enough to find a claim with some words changed, no more than need be."""
    known = sorted((term for term in query if term in common), key=common.__getitem__)[:MOST]
    reads = list(accumulate(min(common[term], NEWEST) for term in known))
    return [term for place, term in enumerate(known) if place < LEAST or reads[place] <= ENOUGH]


def best(query: Sequence[int], holding: Mapping[int, Sequence[int]], limit: int) -> list[int]:
    """The `limit` claims that hold most of the query's terms; among equals the newest."""
    shared: Counter[int] = Counter()
    for term in query:
        shared.update(holding.get(term, ()))
    ranked = [(count, claim) for claim, count in shared.items() if count > 1]
    if len(ranked) < limit:
        ranked = [(count, claim) for claim, count in shared.items()]
    return [claim for _, claim in nlargest(limit, ranked)]


def grouped(found: Iterable[Sequence[Any]]) -> dict[int, list[Sequence[Any]]]:
    """Rows of SAID by claim."""
    rows: dict[int, list[Sequence[Any]]] = {}
    for row in found:
        rows.setdefault(row[0], []).append(row)
    return rows


def various(rows: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
    """One row for each subject, the earliest of each: the subject decides what a repetition means."""
    if len(rows) == 1:
        return rows
    by_subject: dict[tuple[str, str, str], Sequence[Any]] = {}
    for row in rows:
        by_subject.setdefault((row[SOURCE], row[TITLE], row[HEADING]), row)
    return list(by_subject.values())[:SHOWN]
