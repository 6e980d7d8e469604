"""Keeps what each story is about and finds those that share the rarest words of a new entry."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert  # its ON CONFLICT compiles for SQLite as well

from monitor.compare.gist import Gist, is_word, joined
from monitor.compare.stories import Told
from monitor.model import Moment, Said
from monitor.store.schema import entries, gist_postings, gist_terms, gists
from monitor.store.types import hash64, insert_integers, led_to, matching

LOOKED_UP = 12  # words of a gist that are looked up, the rarest
NEWEST = 300  # stories read for one word, newest first
SHOWN = 16  # stories laid beside a new entry
COUNTED = 5  # entries of one story whose terms are counted: what many tell of is not the commoner for it
ANY = hash64("")  # stands in the counts for every entry that was counted

COMMONNESS = select(gist_terms.c.term, gist_terms.c.gists).where(
    gist_terms.c.term.in_(bindparam("terms", expanding=True))
)
HOLDING = (
    select(gist_postings.c.gist_id)
    .where(gist_postings.c.term == bindparam("term"))
    .order_by(gist_postings.c.gist_id.desc())
    .limit(NEWEST)
)
ROWS = (
    select(entries.c.title, entries.c.source, entries.c.key, gists.c.at, gists.c.story, gists.c.weights)
    .join(entries, entries.c.id == gists.c.entry_id)
    .where(gists.c.id.in_(bindparam("ids", expanding=True)), gists.c.at >= bindparam("since"))
    .order_by(gists.c.id)
)
OF_STORY = select(gists).where(gists.c.story == bindparam("story"))
OPEN = insert(gists).returning(gists.c.id)
TELL = (
    update(gists)
    .where(gists.c.id == bindparam("_id"))
    .values(at=bindparam("_at"), members=gists.c.members + 1, weights=bindparam("_weights"))
)
ADD_POSTING = upsert(gist_postings).on_conflict_do_nothing()
_TERM = upsert(gist_terms)
ADD_TERM = _TERM.on_conflict_do_update(
    index_elements=[gist_terms.c.term], set_={"gists": gist_terms.c.gists + _TERM.excluded.gists}
)


def commonness(conn: Connection, terms: Collection[str]) -> tuple[int, dict[str, int]]:
    """How many entries were counted, and how many of them hold each term; terms that none holds are left out."""
    by_hash = {hash64(term): term for term in terms}
    if not by_hash:
        return 0, {}
    counts: dict[int, int] = dict(matching(conn, COMMONNESS, [*by_hash, ANY]))
    total = counts.pop(ANY, 0)
    return total, {by_hash[key]: count for key, count in counts.items()}


def akin(conn: Connection, gist: Mapping[str, float], since: Moment) -> list[Told]:
    """Up to SHOWN stories told of since a moment that share most of the heaviest words of this gist."""
    words = sorted(filter(is_word, gist), key=gist.__getitem__, reverse=True)[:LOOKED_UP]
    shared: dict[int, float] = {}
    for word in words:
        weight = gist[word] ** 2
        for id in led_to(conn, HOLDING, hash64(word)):
            shared[id] = shared.get(id, 0.0) + weight
    near = sorted(shared, key=lambda id: (shared[id], id), reverse=True)[:SHOWN]
    rows = conn.execute(ROWS, {"ids": near, "since": since}).all() if near else ()
    return [Told(Said(row.title, row.source, row.key, row.at, row.story, row.title), row.weights) for row in rows]


def keep(conn: Connection, gist: Mapping[str, float], story: str, entry_id: int, at: Moment) -> None:
    """Adds the gist of a new entry to that of its story."""
    if not gist:
        return
    before = conn.execute(OF_STORY, {"story": story}).one_or_none()
    if before is None:
        told: Gist = {}
        values = {"entry_id": entry_id, "story": story, "at": at, "members": 1, "weights": dict(gist)}
        id: int = conn.execute(OPEN, values).scalar_one()
    else:
        id, told = before.id, before.weights
        weights = joined(told, gist, at - before.at)
        conn.execute(TELL, {"_id": id, "_at": max(at, before.at), "_weights": weights})
    if before is None or before.members < COUNTED:
        insert_integers(conn, ADD_TERM, [(term, 1) for term in sorted({ANY, *map(hash64, gist)})])
    if words := sorted({(hash64(term), id) for term in gist if is_word(term) and term not in told}):
        insert_integers(conn, ADD_POSTING, words)
