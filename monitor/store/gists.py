"""Keeps what each story is about and finds those that share the rarest words of a new entry."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Mapping
from struct import calcsize, pack, unpack_from

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert  # its ON CONFLICT compiles for SQLite as well

from monitor.compare.gist import GROUPS, Gist, Tally, is_word, joined
from monitor.compare.stories import Told
from monitor.model import Moment, Said
from monitor.store import index
from monitor.store.index import STORIES
from monitor.store.schema import entries, gist_letters, gists
from monitor.text.key import hash64

LOOKED_UP = 12  # words of a gist that are looked up, the rarest
NEWEST = 300  # stories read for one word, newest first
SHOWN = 16  # stories laid beside a new entry
COUNTED = 5  # entries of one story whose letters are counted: what many tell of is not the commoner for it
ANY = hash64("")  # the term that every story holds

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
LETTERS = select(gist_letters.c.counts)
_COUNTS = upsert(gist_letters)
COUNT = _COUNTS.on_conflict_do_update(index_elements=[gist_letters.c.id], set_={"counts": _COUNTS.excluded.counts})


def commonness(conn: Connection, words: Collection[int], letters: Collection[int]) -> tuple[Tally, Tally]:
    """How many stories there are and hold each word; how many entries were counted and hold each group of letters."""
    holders = index.holders(conn, STORIES, {*words, ANY})
    counts = letter_counts(conn)
    return (
        Tally(holders.pop(ANY, 0), holders),
        Tally(counts[GROUPS], {group: counts[group] for group in letters}),
    )


def akin(conn: Connection, gist: Mapping[int, float], since: Moment) -> list[Told]:
    """Up to SHOWN stories told of since a moment that share most of the heaviest words of this gist."""
    words = sorted(filter(is_word, gist), key=gist.__getitem__, reverse=True)[:LOOKED_UP]
    held = index.holding(conn, STORIES, index.holders(conn, STORIES, words), NEWEST)
    shared: dict[int, float] = {}
    for word, ids in held.items():
        weight = gist[word] ** 2
        for id in ids:
            shared[id] = shared.get(id, 0.0) + weight
    near = sorted(shared, key=lambda id: (shared[id], id), reverse=True)[:SHOWN]
    rows = conn.execute(ROWS, {"ids": near, "since": since}).all() if near else ()
    return [
        Told(Said(row.title, row.source, row.key, row.at, row.story, row.title), unpacked(row.weights))
        for row in rows
    ]


def keep(conn: Connection, gist: Mapping[int, float], story: str, entry_id: int, at: Moment) -> None:
    """Adds the gist of a new entry to that of its story."""
    if not gist:
        return
    before = conn.execute(OF_STORY, {"story": story}).one_or_none()
    told: Gist = {} if before is None else unpacked(before.weights)
    if before is None:
        weights = joined({}, gist, 0.0)
        values = {"entry_id": entry_id, "story": story, "at": at, "members": 1, "weights": packed(weights)}
        id: int = conn.execute(OPEN, values).scalar_one()
    else:
        id = before.id
        weights = joined(told, gist, at - before.at)
        conn.execute(TELL, {"_id": id, "_at": max(at, before.at), "_weights": packed(weights)})
    if before is None or before.members < COUNTED:
        count_letters(conn, gist)
    words = {term for term in gist if is_word(term) and term not in told}
    if before is None:
        words.add(ANY)
    if words:
        index.add(conn, STORIES, {id: words})


def letter_counts(conn: Connection) -> array[int]:
    """How many entries hold each group of letters, and behind them how many were counted."""
    counts = array("I")
    counts.frombytes(conn.scalar(LETTERS) or bytes(counts.itemsize * (GROUPS + 1)))
    return counts


def count_letters(conn: Connection, terms: Iterable[int]) -> None:
    """Counts one more entry with these terms."""
    counts = letter_counts(conn)
    for term in terms:
        if not is_word(term):
            counts[term] += 1
    counts[GROUPS] += 1
    conn.execute(COUNT, {"id": 1, "counts": counts.tobytes()})


def packed(gist: Gist) -> bytes:
    """A gist as bytes: how many words, their hashes, the groups' numbers, and the weights of both in 16 bits."""
    words = [term for term in gist if is_word(term)]
    letters = [term for term in gist if not is_word(term)]
    layout = f"<I{len(words)}q{len(letters)}H{len(gist)}e"
    return pack(layout, len(words), *words, *letters, *(gist[term] for term in (*words, *letters)))


def unpacked(stored: bytes) -> Gist:
    """The gist of `packed`."""
    (words,) = unpack_from("<I", stored)
    letters = (len(stored) - calcsize(f"<I{words}q{words}e")) // calcsize("<He")
    both = words + letters
    found = unpack_from(f"<{words}q{letters}H{both}e", stored, calcsize("<I"))
    return dict(zip(found[:both], found[both:], strict=True))
