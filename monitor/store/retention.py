"""Lets old rows go: the ledger's index forgets what was last said long ago, and the history is cut when asked to.

Nothing that is owed, held or waiting to be sent is ever touched. `tend` does the work in many short transactions,
so that polls and deliveries go on beside it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, and_, delete, exists, func, select, update

from monitor.model import Moment
from monitor.store import index
from monitor.store.open import Store
from monitor.store.schema import (
    alerts,
    awaited,
    claims,
    deliveries,
    entries,
    findings,
    gists,
    matches,
    messages,
    sayings,
    sources,
    updates,
)

WINDOW = 20_000  # claims looked at in one transaction
BATCH = 1_000  # rows of history let go of at a time
LAST_CLAIM = select(func.coalesce(func.max(claims.c.id), 0))
LAST_GIST = select(func.coalesce(func.max(gists.c.id), 0))
_later = updates.alias("later")


def tend(store: Store, *, since: Moment, before: Moment | None = None) -> None:
    """A day's work: the index forgets what was last said before `since`; with `before` older history goes."""
    with store.write() as conn:
        stand(conn)
    with store.read() as conn:
        last: int = conn.execute(LAST_CLAIM).scalar_one()
    forgotten = 0
    for first in range(0, last + 1, WINDOW):
        with store.write() as conn:
            forgotten += forget(conn, since, first)
    with store.write() as conn:
        ended = forget_gists(conn, since)
    if forgotten or ended:
        sweep_all(store)
    left = before is not None
    while left and before is not None:
        with store.write() as conn:
            left = discard(conn, before) > 0


def sweep_all(store: Store) -> None:
    """Frees the indexes of what was forgotten, piece by piece."""
    with store.write() as conn:
        index.file(conn, index.CLAIMS)
        index.file(conn, index.STORIES)
    with store.read() as conn:
        claims_left = Living(conn, select(claims.c.id).where(claims.c.indexed), LAST_CLAIM)
        gists_left = Living(conn, select(gists.c.id), LAST_GIST)
    for piece in range(index.SLICES):
        with store.write() as conn:
            sweep(conn, piece, claims_left, gists_left)


def stand(conn: Connection) -> None:
    """Entries seen when their source was last read stand until it was last good: it said nothing else since."""
    read = and_(entries.c.source == sources.c.name, entries.c.last_seen >= sources.c.last_read)
    conn.execute(
        update(entries).where(read, sources.c.last_good > entries.c.last_seen).values(last_seen=sources.c.last_good)
    )


def forget(conn: Connection, since: Moment, first: int) -> int:
    """Takes claims that nobody said since `since` out of the index, of WINDOW claims from number `first` on.

    How many; `sweep_all` frees their postings.
    """
    standing = exists().where(
        sayings.c.claim_id == claims.c.id,
        entries.c.id == sayings.c.entry_id,
        func.coalesce(sayings.c.gone_at, entries.c.last_seen) >= since,
    )
    here = claims.c.id.between(first, first + WINDOW - 1)
    old = update(claims).where(here, claims.c.indexed, claims.c.last_at < since, ~standing)
    return conn.execute(old.values(indexed=False)).rowcount


def forget_gists(conn: Connection, since: Moment) -> int:
    """Lets go of what stories that ended before `since` were about: none looks back so far. How many."""
    return conn.execute(delete(gists).where(gists.c.at < since)).rowcount


def sweep(conn: Connection, piece: int, claims_left: Living, gists_left: Living) -> None:
    """Frees one of SLICES pieces of both indexes of the claims and the stories that were let go of."""
    index.sweep(conn, index.CLAIMS, piece, claims_left)
    index.sweep(conn, index.STORIES, piece, gists_left)


class Living:
    """The rows that an index is to lead to: those of a statement, and all that came later. A byte for each row."""

    def __init__(self, conn: Connection, ids: Select[Any], last: Select[Any]) -> None:
        self._marks = bytearray(conn.execute(last).scalar_one() + 1)
        for (id,) in conn.execute(ids.execution_options(yield_per=10_000)):
            self._marks[id] = 1

    def __contains__(self, id: object) -> bool:
        assert isinstance(id, int)
        return id >= len(self._marks) or self._marks[id] == 1


def discard(conn: Connection, before: Moment, *, limit: int = BATCH) -> int:
    """Deletes up to `limit` of each kind of row older than `before`; how many went, 0 when none is left.

    An entry keeps its latest version, so that its next one is still seen as an edit.
    """
    return (
        discard_messages(conn, before, limit)
        + discard_matches(conn, before, limit)
        + discard_alerts(conn, before, limit)
        + discard_updates(conn, before, limit)
        + discard_sayings(conn, before, limit)
    )


def discard_messages(conn: Connection, before: Moment, limit: int) -> int:
    """Messages that were sent or given up, with their deliveries."""
    done = messages.c.state.in_(("sent", "dead"))
    old = list(conn.scalars(select(messages.c.id).where(done, messages.c.created < before).limit(limit)))
    conn.execute(delete(deliveries).where(deliveries.c.message_id.in_(old)))
    return conn.execute(delete(messages).where(messages.c.id.in_(old))).rowcount


def discard_matches(conn: Connection, before: Moment, limit: int) -> int:
    """Decided matches whose alert, if any, is owed to nobody."""
    owed = exists().where(deliveries.c.alert_id == matches.c.alert_id)
    wanted = and_(matches.c.at < before, matches.c.waiting.is_(None), ~owed)
    old = select(matches.c.id).where(wanted).limit(limit)
    return conn.execute(delete(matches).where(matches.c.id.in_(old))).rowcount


def discard_alerts(conn: Connection, before: Moment, limit: int) -> int:
    """Alerts that nothing speaks of any more."""
    spoken = exists().where(deliveries.c.alert_id == alerts.c.id)
    matched = exists().where(matches.c.alert_id == alerts.c.id)
    old = select(alerts.c.number).where(alerts.c.at < before, ~spoken, ~matched).limit(limit)
    return conn.execute(delete(alerts).where(alerts.c.number.in_(old))).rowcount


def discard_updates(conn: Connection, before: Moment, limit: int) -> int:
    """Versions that are not their entry's latest, with their findings."""
    newer = exists().where(_later.c.entry_id == updates.c.entry_id, _later.c.id > updates.c.id)
    decided = exists().where(matches.c.update_id == updates.c.id)
    alerted = exists().where(alerts.c.update_id == updates.c.id)
    wanted = and_(updates.c.recorded_at < before, newer, ~decided, ~alerted)
    old = list(conn.scalars(select(updates.c.id).where(wanted).limit(limit)))
    conn.execute(delete(findings).where(findings.c.update_id.in_(old)))
    return conn.execute(delete(updates).where(updates.c.id.in_(old))).rowcount


def discard_sayings(conn: Connection, before: Moment, limit: int) -> int:
    """What entries stopped saying, and forgotten claims that nobody says any more."""
    pairs = conn.execute(
        select(sayings.c.claim_id, sayings.c.nth).where(sayings.c.gone_at < before).limit(limit)
    ).all()
    for claim, nth in pairs:
        conn.execute(delete(sayings).where(sayings.c.claim_id == claim, sayings.c.nth == nth))
    said = exists().where(sayings.c.claim_id == claims.c.id)
    needed = exists().where(awaited.c.claim_id == claims.c.id)
    old = select(claims.c.id).where(claims.c.last_at < before, ~claims.c.indexed, ~said, ~needed).limit(limit)
    return len(pairs) + conn.execute(delete(claims).where(claims.c.id.in_(old))).rowcount
