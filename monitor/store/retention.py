"""Lets old rows go: the ledger's index forgets what was last said long ago, and the history is cut when asked to.

Nothing that is owed, held or waiting to be sent is ever touched. `tend` does the work in many short transactions,
so that polls and deliveries go on beside it.
"""

from __future__ import annotations

from sqlalchemy import Connection, and_, delete, exists, func, select, update

from monitor.model import Moment
from monitor.store.open import Store
from monitor.store.schema import (
    alerts,
    awaited,
    claims,
    deliveries,
    entries,
    findings,
    gist_postings,
    gists,
    matches,
    messages,
    postings,
    sayings,
    sources,
    terms,
    updates,
)

SLICES = 256  # pieces the index is swept in
WINDOW = 20_000  # claims looked at in one transaction
BATCH = 1_000  # rows of history let go of at a time
_later = updates.alias("later")


def tend(store: Store, *, since: Moment, before: Moment | None = None) -> None:
    """A day's work: the index forgets what was last said before `since`; with `before` older history goes."""
    with store.write() as conn:
        stand(conn)
    with store.read() as conn:
        last: int = conn.execute(select(func.coalesce(func.max(claims.c.id), 0))).scalar_one()
    forgotten = 0
    for first in range(0, last + 1, WINDOW):
        with store.write() as conn:
            forgotten += forget(conn, since, first)
    with store.write() as conn:
        ended = forget_gists(conn, since)
    for piece in range(SLICES if forgotten or ended else 0):
        with store.write() as conn:
            sweep(conn, piece)
            sweep_gists(conn, piece)
    left = before is not None
    while left and before is not None:
        with store.write() as conn:
            left = discard(conn, before) > 0


def stand(conn: Connection) -> None:
    """Entries seen when their source was last read stand until it was last good: it said nothing else since."""
    read = and_(entries.c.source == sources.c.name, entries.c.last_seen >= sources.c.last_read)
    conn.execute(
        update(entries).where(read, sources.c.last_good > entries.c.last_seen).values(last_seen=sources.c.last_good)
    )


def forget(conn: Connection, since: Moment, first: int) -> int:
    """Takes claims that nobody said since `since` out of the index, of WINDOW claims from number `first` on.

    How many; `sweep` frees their postings.
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


def sweep_gists(conn: Connection, piece: int) -> None:
    """Frees the postings of stories that were let go of in one of SLICES pieces of their index."""
    left = exists().where(gists.c.id == gist_postings.c.gist_id)
    conn.execute(delete(gist_postings).where(gist_postings.c.term.between(*bounds(piece)), ~left))


def bounds(piece: int) -> tuple[int, int]:
    """The first and the last term of one of SLICES pieces of an index."""
    size = 2**64 // SLICES
    low = -(2**63) + piece * size
    return low, low + size - 1


def sweep(conn: Connection, piece: int) -> int:
    """Frees the postings of forgotten claims in one of SLICES pieces of the index, and counts its terms anew."""
    low, high = bounds(piece)
    here = postings.c.term.between(low, high)
    unindexed = select(claims.c.id).where(claims.c.id == postings.c.claim_id, claims.c.indexed)
    freed = conn.execute(delete(postings).where(here, ~unindexed.exists())).rowcount
    if freed:
        there = terms.c.term.between(low, high)
        left = select(func.count()).where(postings.c.term == terms.c.term).scalar_subquery()
        conn.execute(update(terms).where(there).values(claims=left))
        conn.execute(delete(terms).where(there, terms.c.claims == 0))
    return freed


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
