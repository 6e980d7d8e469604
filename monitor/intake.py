"""Takes the entries of one poll into the store: each fresh one is assessed and committed, oldest first."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from monitor.assess import Assessment, Listening, assess
from monitor.model import Entry, Moment, Update
from monitor.sources.identity import content_hash, in_order
from monitor.store import Store, ledger
from monitor.store.known import Known
from monitor.store.record import record
from monitor.store.sources import PollOutcome, record_poll

CHUNK = 0.2  # seconds of assessing in one transaction: a long first poll must not keep others from the store


def take_in(
    store: Store,
    source: str,
    entries: Sequence[Entry],
    listening: Listening,
    outcome: PollOutcome,
    *,
    memory: float,
    now: Moment,
) -> tuple[int, PollOutcome]:
    """Commits what is fresh among `entries` and the poll's outcome with the last of it. How many alerts it raised,
    and the outcome as it was kept: who brings news is not quiet.

    A crash in between leaves the poll undone, so the next one goes on where this one stopped.
    """
    with store.read() as conn:
        waiting = fresh(conn, source, entries)
    if waiting and outcome.state == "quiet":
        outcome = replace(outcome, state="ok")
    alerts, left = 0, iter(waiting)
    done = False
    while not done:
        with store.write() as conn:
            taken, done = take_chunk(conn, source, left, listening, memory, now)
            if done:
                ledger.touch(conn, source, [entry.key for entry in entries], now)
                record_poll(conn, source, outcome)
        alerts += taken
    return alerts, outcome


def take_chunk(
    conn: Connection, source: str, left: Iterator[tuple[Entry, str]], listening: Listening, memory: float, now: Moment
) -> tuple[int, bool]:
    """Takes entries until the chunk's time is up: how many alerts they raised, and whether none is left."""
    alerts, started = 0, time.monotonic()
    for entry, digest in left:
        assessment = take(conn, update_of(source, entry, now), listening, content=digest, memory=memory, now=now)
        alerts += sum(1 for decision in assessment.decisions if decision.alert) + len(assessment.released)
        if time.monotonic() - started > CHUNK:
            return alerts, False
    return alerts, True


def take(
    conn: Connection, update: Update, listening: Listening, *, content: str, memory: float, now: Moment
) -> Assessment:
    """Assesses one update in an open transaction and records all that it brings."""
    before = ledger.previous(conn, update.source, update.entry)
    if before is not None:
        update = replace(update, at=max(now, before.at))
    assessment = assess(update, before, Known(conn, since=now - memory), listening, now)
    record(conn, assessment, content_hash=content, now=now)
    return assessment


def fresh(conn: Connection, source: str, entries: Sequence[Entry]) -> list[tuple[Entry, str]]:
    """The entries whose content the store does not have, with its hash, oldest first."""
    known = ledger.entry_hashes(conn, source, [entry.key for entry in entries])
    hashed: Iterable[tuple[Entry, str]] = ((entry, content_hash(entry)) for entry in in_order(entries))
    return [(entry, digest) for entry, digest in hashed if known.get(entry.key) != digest]


def update_of(source: str, entry: Entry, now: Moment) -> Update:
    """The update that an entry is; said when it was published, but never in the future."""
    said = now if entry.published is None else min(entry.published, now)
    return Update(
        source=source,
        entry=entry.key,
        at=said,
        title=entry.title,
        url=entry.url,
        text=entry.body,
        author=entry.author,
        tags=entry.tags,
        published=entry.published,
    )
