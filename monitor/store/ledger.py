"""Looks up prior claims: the candidates nearest to new claims, exact matches, and an entry's own claims.

Candidates are found with an index from terms to claims. The rarest known terms of a claim are looked up, and the
claims that share most of them are returned; the caller compares the words. The number of rows read for a claim is
bounded, so the cost hardly grows with the ledger.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from heapq import nlargest
from itertools import accumulate
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from monitor.compare.indexes import EarlierEntry
from monitor.model import Moment, PriorClaim, Update
from monitor.store import inverted_index
from monitor.store.inverted_index import CLAIM_INDEX
from monitor.store.rows import update_from_row
from monitor.store.schema import claims, entries, sayings, sources, updates
from monitor.store.sql import pad_ids, select_matching, storable_text
from monitor.text.normalize import hash64, normalized_key

MAX_LOOKUP_TERMS, MIN_LOOKUP_TERMS = 8, 5  # rarest terms of a claim that are looked up
POSTINGS_BUDGET = 800  # postings read for a claim; beyond it only MIN_LOOKUP_TERMS terms are looked up
MAX_POSTINGS_PER_TERM = 500  # postings read for one term, newest first
MAX_SAYINGS_PER_CLAIM = 8  # sayings returned for one claim
MAX_SAYINGS_SCANNED = 32  # sayings of one claim that those are chosen from
MAX_EXACT_SAYINGS = 64  # sayings returned for a text looked up word for word
MAX_ENTRIES_SAYING = 64  # entries returned that share claims; a formula may be on thousands of pages

SOURCE_COLUMN, TITLE_COLUMN, HEADING_COLUMN = 2, 6, 7  # columns of SELECT_SAYINGS

UPDATE_LAST_SEEN = (
    update(entries)
    .where(entries.c.source == bindparam("_source"), entries.c.key.in_(bindparam("_keys", expanding=True)))
    .values(last_seen=bindparam("_now"))
)
UPDATE_LAST_READ = update(sources).where(sources.c.name == bindparam("_source")).values(last_read=bindparam("_now"))
SELECT_PREVIOUS_UPDATE = (
    select(updates, entries.c.source, entries.c.key)
    .join(entries, entries.c.id == updates.c.entry_id)
    .where(entries.c.source == bindparam("source"), entries.c.key == bindparam("key"))
    .order_by(updates.c.id.desc())
    .limit(1)
)
SELECT_ENTRY_STORY = SELECT_PREVIOUS_UPDATE.with_only_columns(updates.c.story)
SELECT_SAYINGS = (
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
SELECT_OWN_SAYINGS = SELECT_SAYINGS.where(entries.c.source == bindparam("source"), entries.c.key == bindparam("key"))
SELECT_SAYINGS_SINCE = SELECT_SAYINGS.where(
    func.coalesce(sayings.c.gone_at, entries.c.last_seen) >= bindparam("since")
).order_by(sayings.c.claim_id, sayings.c.first_at, sayings.c.nth)
SELECT_FIRST_SAYINGS_SINCE = SELECT_SAYINGS_SINCE.where(sayings.c.nth < bindparam("scanned"))
SELECT_SAYINGS_OF_SOURCES = SELECT_SAYINGS_SINCE.where(entries.c.source.in_(bindparam("sources", expanding=True)))
_SHARED = (
    select(sayings.c.entry_id, func.count().label("shared"), func.max(sayings.c.first_at).label("last_at"))
    .where(sayings.c.claim_id.in_(bindparam("claims", expanding=True)))
    .where(sayings.c.gone_at.is_(None) | (sayings.c.gone_at >= bindparam("since")))
    .group_by(sayings.c.entry_id)
    .having(func.count() >= bindparam("at_least"))
    .subquery()
)
SELECT_ENTRIES_SAYING = (
    select(entries.c.source, entries.c.key, entries.c.title, _SHARED.c.shared, _SHARED.c.last_at)
    .join(_SHARED, _SHARED.c.entry_id == entries.c.id)
    .where(entries.c.source == bindparam("source"), entries.c.key != bindparam("key"))
    .where(entries.c.last_seen >= bindparam("since"))
    .order_by(entries.c.id.desc())
    .limit(MAX_ENTRIES_SAYING)
)
SELECT_CLAIM_IDS_BY_HASH = select(claims.c.text_hash, claims.c.id).where(
    claims.c.text_hash.in_(bindparam("hashes", expanding=True))
)


def text_hash(text: str) -> int:
    """Return the hash by which a claim is found word for word, ignoring case and spacing."""
    return hash64(normalized_key(storable_text(text)))


def previous_update(conn: Connection, source: str, entry: str) -> Update | None:
    """Return the latest version of an entry."""
    row = conn.execute(SELECT_PREVIOUS_UPDATE, {"source": source, "key": entry}).first()
    return update_from_row(row) if row else None


def mark_entries_seen(conn: Connection, source: str, keys: Sequence[str], now: Moment) -> None:
    """Record that the source contains exactly these entries now, so that their claims count as said now."""
    conn.execute(UPDATE_LAST_READ, {"_source": source, "_now": now})
    if keys:
        conn.execute(UPDATE_LAST_SEEN, {"_source": source, "_keys": list(keys), "_now": now})


class Ledger:
    """The claims last said at or after `since`, read on one connection, to which nothing is written meanwhile.

    It records what it looks up: `looked_up_terms` has for each claim its rarest terms and those that no claim had,
    `looked_up_texts` the hashes of texts that were looked up word for word.
    """

    def __init__(self, conn: Connection, *, since: Moment) -> None:
        self._conn = conn
        self._since = since
        self._claim_ids: dict[int, int | None] = {}  # by text hash, None for unknown texts
        self.looked_up_terms: list[frozenset[int]] = []
        self.looked_up_texts: set[int] = set()

    def candidates(
        self, terms: Sequence[Sequence[str]], *, limit: int = 20, sources: frozenset[str] | None = None
    ) -> list[list[PriorClaim]]:
        """Return for each list of terms up to `limit` claims that share most of its rarest terms, best first.

        A claim said by several entries is returned once for each subject, in sequence: its earliest saying and up to
        MAX_SAYINGS_PER_CLAIM in all. With `sources` only sayings of these count.
        """
        hashed_queries = [[hash64(term) for term in dict.fromkeys(query)] for query in terms]
        nearest = self._nearest(hashed_queries, limit if sources is None else 4 * limit)
        rows = self._sayings_by_claim(
            {claim for claim_ids in nearest for claim in claim_ids}, sources, MAX_SAYINGS_SCANNED
        )
        priors_by_claim = {
            claim: [PriorClaim(*row[1:]) for row in one_per_subject(claim_rows)] for claim, claim_rows in rows.items()
        }
        said_claims = [[claim for claim in claim_ids if claim in priors_by_claim][:limit] for claim_ids in nearest]
        return [[prior for claim in claim_ids for prior in priors_by_claim[claim]] for claim_ids in said_claims]

    def exact_matches(
        self, texts: Sequence[str], *, sources: frozenset[str] | None = None
    ) -> dict[str, list[PriorClaim]]:
        """Return for each text that was said word for word its sayings, earliest first.

        Up to MAX_EXACT_SAYINGS for each text. With `sources` only sayings of these count.
        """
        hashes = {text: text_hash(text) for text in texts}
        self.looked_up_texts.update(hashes.values())
        claim_id_by_hash = self._find_claims(hashes.values())
        rows_by_claim = self._sayings_by_claim(claim_id_by_hash.values(), sources, MAX_EXACT_SAYINGS)
        return {
            text: [PriorClaim(*row[1:]) for row in rows_by_claim[claim_id_by_hash[hash_value]]]
            for text, hash_value in hashes.items()
            if claim_id_by_hash.get(hash_value) in rows_by_claim
        }

    def entries_saying(self, update: Update, texts: Collection[str], at_least: int) -> list[EarlierEntry]:
        """Return the newest other entries of the update's source that say at least so many of the texts.

        Up to MAX_ENTRIES_SAYING. Texts are compared word for word, and equal ones count once.
        """
        claim_ids = list(self._find_claims(map(text_hash, texts)).values())
        if len(claim_ids) < at_least:
            return []
        parameters = {
            "claims": pad_ids(claim_ids),
            "at_least": at_least,
            "source": update.source,
            "key": update.entry,
            "since": self._since,
        }
        return [EarlierEntry(*row) for row in self._conn.execute(SELECT_ENTRIES_SAYING, parameters)]

    def own_claims(self, source: str, entry: str, texts: Sequence[str]) -> dict[str, PriorClaim]:
        """Return for each text that this entry says or has ever said its saying."""
        hashes = {text: text_hash(text) for text in texts}
        claim_id_by_hash = self._find_claims(hashes.values())
        parameters = {"claims": pad_ids(claim_id_by_hash.values()), "source": source, "key": entry}
        prior_by_claim = (
            {id: PriorClaim(*columns) for id, *columns in self._conn.execute(SELECT_OWN_SAYINGS, parameters)}
            if claim_id_by_hash
            else {}
        )
        return {
            text: prior_by_claim[claim_id_by_hash[hash_value]]
            for text, hash_value in hashes.items()
            if claim_id_by_hash.get(hash_value) in prior_by_claim
        }

    def story(self, source: str, entry: str) -> str | None:
        """Return the story of the entry's latest version; None for an unknown entry."""
        story_id: str | None = self._conn.scalar(SELECT_ENTRY_STORY, {"source": source, "key": entry})
        return story_id

    def _find_claims(self, hashes: Iterable[int]) -> dict[int, int]:
        """Return the claims with these text hashes. Several parts of the comparison ask for the same texts."""
        wanted = dict.fromkeys(hashes)
        unknown = wanted.keys() - self._claim_ids.keys()
        if unknown:
            known = dict(select_matching(self._conn, SELECT_CLAIM_IDS_BY_HASH, unknown))
            self._claim_ids.update((key, known.get(key)) for key in unknown)
        return {key: id for key in wanted if (id := self._claim_ids[key]) is not None}

    def _nearest(self, queries: Sequence[Sequence[int]], limit: int) -> list[list[int]]:
        """Return for each query the claims that share most of its rarest terms, best and then newest first."""
        frequencies = inverted_index.document_frequencies(
            self._conn, CLAIM_INDEX, {term for query in queries for term in query}
        )
        lookups = [rarest_terms(query, frequencies) for query in queries]
        self.looked_up_terms += [
            frozenset(lookup).union(term for term in query if term not in frequencies)
            for query, lookup in zip(queries, lookups, strict=True)
        ]
        lookup_frequencies = {term: frequencies[term] for query in lookups for term in query}
        claims_by_term = inverted_index.find_postings(
            self._conn, CLAIM_INDEX, lookup_frequencies, MAX_POSTINGS_PER_TERM
        )
        return [best_claims(query, claims_by_term, limit) for query in lookups]

    def _sayings_by_claim(
        self, claim_ids: Iterable[int], sources: frozenset[str] | None, max_scanned: int
    ) -> dict[int, list[Sequence[Any]]]:
        """Return the rows of SELECT_SAYINGS by claim, earliest first."""
        parameters: dict[str, Any] = {"claims": pad_ids(claim_ids), "since": self._since}
        if not parameters["claims"]:
            return {}
        if sources is None:
            result = self._conn.execute(SELECT_FIRST_SAYINGS_SINCE, {**parameters, "scanned": max_scanned})
        else:
            result = self._conn.execute(SELECT_SAYINGS_OF_SOURCES, {**parameters, "sources": list(sources)})
        return group_by_claim(result.all())


def rarest_terms(query: Sequence[int], frequencies: Mapping[int, int]) -> list[int]:
    """Return the terms to look up, rarest first: enough to find a claim with some words changed, within budget."""
    by_rarity = sorted((term for term in query if term in frequencies), key=frequencies.__getitem__)
    known_terms = by_rarity[:MAX_LOOKUP_TERMS]
    postings_read = list(accumulate(min(frequencies[term], MAX_POSTINGS_PER_TERM) for term in known_terms))
    return [
        term
        for rank, term in enumerate(known_terms)
        if rank < MIN_LOOKUP_TERMS or postings_read[rank] <= POSTINGS_BUDGET
    ]


def best_claims(query: Sequence[int], claims_by_term: Mapping[int, Sequence[int]], limit: int) -> list[int]:
    """Return the `limit` claims that contain most of the query's terms; the newest first among equals."""
    shared_terms: Counter[int] = Counter()
    for term in query:
        shared_terms.update(claims_by_term.get(term, ()))
    ranked = [(count, claim) for claim, count in shared_terms.items() if count > 1]
    if len(ranked) < limit:
        ranked = [(count, claim) for claim, count in shared_terms.items()]
    return [claim for _, claim in nlargest(limit, ranked)]


def group_by_claim(saying_rows: Iterable[Sequence[Any]]) -> dict[int, list[Sequence[Any]]]:
    rows_by_claim: dict[int, list[Sequence[Any]]] = {}
    for row in saying_rows:
        rows_by_claim.setdefault(row[0], []).append(row)
    return rows_by_claim


def one_per_subject(rows: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
    """Return the earliest row of each subject: the same words about another subject are another fact."""
    if len(rows) == 1:
        return rows
    by_subject: dict[tuple[str, str, str], Sequence[Any]] = {}
    for row in rows:
        by_subject.setdefault((row[SOURCE_COLUMN], row[TITLE_COLUMN], row[HEADING_COLUMN]), row)
    return list(by_subject.values())[:MAX_SAYINGS_PER_CLAIM]
