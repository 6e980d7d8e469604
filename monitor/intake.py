"""Takes the entries of one poll into the store: each fresh one is assessed and committed, oldest first."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from monitor.assess import Assessment, Listening, assess
from monitor.closing import close_poll
from monitor.model import Alert, Entry, Moment, Update
from monitor.sources.identity import content_hash, in_order
from monitor.sources.imprint import Imprint
from monitor.sources.moves import Move, causes_of, flips, idle, is_aloud, named_by, went_back
from monitor.sources.odd import Oddity, Seen
from monitor.standing import missed, oddity
from monitor.store import Store, imprints, ledger, shown
from monitor.store.known import Known
from monitor.store.record import record
from monitor.store.sources import PollOutcome

CHUNK = 0.2  # seconds of assessing in one transaction: a long first poll must not keep others from the store


class Mistaken(Exception):
    """An entry was recognised and is another one: the feed must be read again, this time as a whole."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a poll brought: how many alerts, and what the operator is told of the source."""

    alerts: int
    notices: Sequence[Alert]


@dataclass(frozen=True, slots=True)
class Intake:
    """One poll of a source under way. `good` is when the source was last good before it."""

    source: str
    listening: Listening
    memory: float
    now: Moment
    seen: Mapping[str, Seen]
    good: Moment | None
    odd: Oddity


def take_in(
    store: Store,
    source: str,
    entries: Sequence[Entry],
    listening: Listening,
    ends: Callable[[float, bool], PollOutcome],
    *,
    memory: float,
    now: Moment,
    imprint: Imprint | None = None,
) -> Taken:
    """Commits what is fresh among `entries`, and the poll's outcome with the last of it: what `ends` makes of the
    share that is fresh, and of whether the feed rolled over. With it goes the feed's `imprint`.

    A crash in between leaves the poll undone, so the next one goes on where this one stopped. Raises Mistaken, with
    nothing taken, if an entry that was recognised is not what the store has.
    """
    with store.read() as conn:
        seen = shown.seen(conn, source, [entry.key for entry in entries])
        read, good = shown.read_at(conn, source)
        waiting = fresh(entries, seen)
        mistaken = any(entry.known for entry, _ in waiting)
        odd = Oddity()
        if read is not None and not listening.baseline:
            odd = oddity(conn, source, entries, waiting, seen, read, oldest=now - memory)
        rolled = read is not None and not odd.causes and missed(conn, source, entries, seen)
    if mistaken:
        with store.write() as conn:
            imprints.forget(conn, source)
        raise Mistaken
    outcome = ends(len(waiting) / max(1, len(entries)), rolled)
    this = Intake(source, listening, memory, now, seen, good, odd)
    alerts, done = 0, False
    moves: list[Move] = []
    left = iter(waiting)
    while not done:
        with store.write() as conn:
            taken, moved, done = take_chunk(conn, this, left)
            alerts += taken
            moves += moved
            if done:
                ledger.touch(conn, source, [entry.key for entry in entries], now)
                if imprint:
                    imprints.keep(conn, source, imprint, {entry.key for entry in entries})
                causes = (*outcome.causes, *odd.causes, *causes_of(moves))
                told = close_poll(conn, source, replace(outcome, causes=causes), listening)
    return Taken(alerts, told)


def take_chunk(conn: Connection, this: Intake, left: Iterator[tuple[Entry, str]]) -> tuple[int, list[Move], bool]:
    """Takes entries until the chunk's time is up: how many alerts they raised, how they moved, and whether none is
    left."""
    alerts, started = 0, time.monotonic()
    moves: list[Move] = []
    for entry, digest in left:
        assessment, move = take_one(conn, this, entry, digest)
        alerts += sum(1 for decision in assessment.decisions if decision.alert) + len(assessment.released)
        moves += [move] if move else []
        if time.monotonic() - started > CHUNK:
            return alerts, moves, False
    return alerts, moves, True


def take_one(conn: Connection, this: Intake, entry: Entry, digest: str) -> tuple[Assessment, Move | None]:
    """Takes one entry; how it moved if it is a revision."""
    update = update_of(this.source, entry, this.now)
    stale = this.odd.stale.get(entry.key, "")
    versions = shown.versions(conn, this.source, entry.key) if entry.key in this.seen else []
    assessment = take(conn, update, this.listening, content=digest, memory=this.memory, now=this.now, stale=stale)
    if not versions:
        return assessment, None
    ticked = idle(assessment.findings) and len(versions) > 1 and versions[0].recorded >= (this.good or this.now)
    return assessment, Move(
        back=went_back(digest, versions),
        flips=flips(digest, versions, this.now),
        ticks=ticked and idle(shown.brought(conn, versions[0].id)),
        aloud=is_aloud(assessment.findings),
        named=named_by(update.title, assessment.findings),
    )


def take(
    conn: Connection,
    update: Update,
    listening: Listening,
    *,
    content: str,
    memory: float,
    now: Moment,
    stale: str = "",
) -> Assessment:
    """Assesses one update in an open transaction and records all that it brings. `stale` is why it is no news."""
    before = ledger.previous(conn, update.source, update.entry)
    if before is not None:
        update = replace(update, at=max(now, before.at))
    if stale:
        listening = replace(listening, baseline=True)
    assessment = assess(update, before, Known(conn, since=now - memory), listening, now)
    if stale:
        named = tuple(replace(decision, detail=stale) for decision in assessment.decisions)
        assessment = replace(assessment, decisions=named)
    record(conn, assessment, content_hash=content, now=now)
    return assessment


def fresh(entries: Sequence[Entry], seen: Mapping[str, Seen]) -> list[tuple[Entry, str]]:
    """The entries whose content the store does not have, with its hash, oldest first."""
    hashed: Iterable[tuple[Entry, str]] = ((entry, content_hash(entry)) for entry in in_order(entries))
    return [(entry, digest) for entry, digest in hashed if entry.key not in seen or seen[entry.key].content != digest]


def update_of(source: str, entry: Entry, now: Moment) -> Update:
    """The update that an entry is; said when it was published, but never in the future."""
    said = now if entry.published is None else min(entry.published, now)
    return Update(
        source=source,
        entry=entry.key,
        at=said,
        title=entry.title,
        url=entry.url,
        text=entry.article or entry.body,
        author=entry.author,
        tags=entry.tags,
        published=entry.published,
    )
