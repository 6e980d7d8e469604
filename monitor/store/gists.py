"""Keeps what each new entry was about and finds the earlier ones that share its rarest words."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT compiles for SQLite as well

from monitor.compare.stories import Told
from monitor.model import Moment, Said
from monitor.store.schema import entries, gist_postings, gist_terms, gists
from monitor.store.types import hash64, insert_integers

LOOKED_UP = 12  # words of a gist that are looked up, the rarest
NEWEST = 300  # updates read for one word, newest first
SHOWN = 40  # updates laid beside a new one

TOTAL = select(func.coalesce(func.max(gists.c.id), 0))
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
    select(
        entries.c.title,
        entries.c.source,
        entries.c.key,
        gists.c.at,
        gists.c.story,
        gists.c.weights,
    )
    .join(entries, entries.c.id == gists.c.entry_id)
    .where(gists.c.id.in_(bindparam("ids", expanding=True)), gists.c.at >= bindparam("since"))
    .order_by(gists.c.id)
)
MEMBERS = (
    select(gists.c.story, func.count())
    .where(gists.c.story.in_(bindparam("stories", expanding=True)), gists.c.at >= bindparam("since"))
    .group_by(gists.c.story)
)
ADD = insert(gists).returning(gists.c.id)
ADD_POSTING = insert(gist_postings).on_conflict_do_nothing()
_TERM = insert(gist_terms)
ADD_TERM = _TERM.on_conflict_do_update(
    index_elements=[gist_terms.c.term], set_={"gists": gist_terms.c.gists + _TERM.excluded.gists}
)


def commonness(conn: Connection, terms: Collection[str]) -> tuple[int, dict[str, int]]:
    """How many gists there are, and how many hold each term; terms that none holds are left out."""
    by_hash = {hash64(term): term for term in terms}
    if not by_hash:
        return 0, {}
    found = conn.execute(COMMONNESS, {"terms": list(by_hash)})
    return int(conn.scalar(TOTAL) or 0), {by_hash[key]: count for key, count in found}


def akin(conn: Connection, gist: Mapping[str, float], since: Moment) -> list[Told]:
    """Up to SHOWN gists since a moment that share most of the heaviest words of this one."""
    words = sorted((term for term in gist if is_word(term)), key=gist.__getitem__, reverse=True)[:LOOKED_UP]
    shared: dict[int, float] = {}
    for word in words:
        for id in conn.scalars(HOLDING, {"term": hash64(word)}):
            shared[id] = shared.get(id, 0.0) + gist[word] ** 2
    near = sorted(shared, key=lambda id: (shared[id], id), reverse=True)[:SHOWN]
    rows = conn.execute(ROWS, {"ids": near, "since": since}).all() if near else ()
    stories = list({row.story for row in rows})
    members: dict[str, int] = (
        dict(conn.execute(MEMBERS, {"stories": stories, "since": since}).all()) if stories else {}
    )
    return [
        Told(Said(row.title, row.source, row.key, row.at, row.story, row.title), row.weights, members[row.story])
        for row in rows
    ]


def is_word(term: str) -> bool:
    """Is the term looked up? Groups of letters only weigh."""
    return not term.startswith("=")


def keep(conn: Connection, gist: Mapping[str, float], story: str, entry_id: int, at: Moment) -> None:
    """Keeps the gist of a new entry."""
    if not gist:
        return
    values = {"entry_id": entry_id, "story": story, "at": at, "weights": dict(gist)}
    id: int = conn.execute(ADD, values).scalar_one()
    hashed = sorted({hash64(term) for term in gist})
    insert_integers(conn, ADD_TERM, [(term, 1) for term in hashed])
    if words := sorted({(hash64(term), id) for term in gist if is_word(term)}):
        insert_integers(conn, ADD_POSTING, words)
