"""Ingest polls step by step: a step compares entries with one snapshot and commits them in one transaction.

Polls that wait for a step at the same time take it together. They share what a transaction costs, most of all the
wait for the disk, and need the write lock for less time.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from monitor import metrics
from monitor.polling.compared import ChunkResult, ComparedChunk, PollChunk, Snapshot
from monitor.polling.entries import commit_chunks, compare_chunk
from monitor.polling.ingest import FinishedPoll, IngestResult, PolledEntries, PreparedPoll, finish_polls, prepare
from monitor.polling.overtaken import catch_up
from monitor.store import feed_fingerprints
from monitor.store.base import Store

if TYPE_CHECKING:
    from sqlalchemy import Connection

# How many alerts a step of a poll has caused, the result of the poll at its end, or the error that ended it.
Step = int | IngestResult | Exception


class StaleFingerprint(Exception):
    """An entry recognized by its fingerprint differs from the stored one: the whole feed must be parsed."""


@dataclass(slots=True)
class Ingest:
    """A poll on its way into the store: how many of its entries are committed, and what they have caused so far.

    `prepared` is None before its first step. `worked_s` is for how many seconds its entries were compared.
    """

    polled: PolledEntries
    prepared: PreparedPoll | None = None
    committed: int = 0
    total: ChunkResult = field(default_factory=ChunkResult)
    worked_s: float = 0.0


class NextChunk(NamedTuple):
    """The chunk of a poll that a step commits; None if its fingerprint is stale, which only deletes that."""

    ingest: Ingest
    prepared: PreparedPoll
    chunk: ComparedChunk | None

    @property
    def is_last(self) -> bool:
        done = self.ingest.committed + len(self.chunk.entries if self.chunk else ())
        return done == len(self.prepared.waiting)


def take_step(store: Store, ingests: Sequence[Ingest]) -> list[Step | None]:
    """Compare the next entries of polls, in this order, and commit them together.

    Return the step of each poll; None for polls that there was no time for. The last chunk of a poll includes its
    result and the fingerprint. A crash between steps leaves the poll unfinished, so the next poll continues where
    this one stopped. StaleFingerprint ends a poll before anything is committed.
    """
    steps: list[Step | None] = [None] * len(ingests)
    chunks: dict[int, NextChunk] = {}
    with metrics.timed_stage("compare"), store.read() as conn:
        snapshot = Snapshot(conn)
        for number, ingest in enumerate(ingests):
            try:
                chunks[number] = compare_next(snapshot, ingest)
            except Exception as error:  # of this poll only
                steps[number] = error
            if snapshot.is_used_up:
                break
    for number, step in zip(chunks, commit_together(store, list(chunks.values())), strict=True):
        steps[number] = step
    return steps


def compare_next(snapshot: Snapshot, ingest: Ingest) -> NextChunk:
    """Compare the next entries of a poll. The time of a snapshot is used up after a long entry."""
    started = time.monotonic()
    polled = ingest.polled
    prepared = ingest.prepared = ingest.prepared or prepare(snapshot.conn, polled)
    if any(entry.known_hash for entry, _ in prepared.waiting):
        return NextChunk(ingest, prepared, None)
    left = iter(prepared.waiting[ingest.committed :])
    chunk = compare_chunk(snapshot, prepared.context, left, polled.make_policy())
    ingest.worked_s += time.monotonic() - started
    return NextChunk(ingest, prepared, chunk)


def commit_together(store: Store, chunks: Sequence[NextChunk]) -> Sequence[Step]:
    """Commit chunks in one transaction. If that fails, each gets one of its own, so that only the cause fails."""
    chunks = [catch_up_with(store, one) for one in chunks]
    has_begun = False
    try:
        with metrics.timed_stage("commit"), store.write() as conn:
            has_begun = True
            results = commit_in(conn, chunks)
    except Exception as error:
        if has_begun and len(chunks) > 1:
            return [step for one in chunks for step in commit_together(store, [one])]
        return [error] * len(chunks)
    for one, (result, _) in zip(chunks, results, strict=True):
        metrics.count_all(result.counted)
        one.ingest.total = one.ingest.total.plus(result)
        one.ingest.committed += len(one.chunk.entries) if one.chunk else 0
    return [step for _, step in results]


def catch_up_with(store: Store, one: NextChunk) -> NextChunk:
    """Compare a long entry again where other polls have overtaken it."""
    return one._replace(chunk=catch_up(store, one.prepared.context, one.chunk)) if one.chunk else one


def commit_in(conn: Connection, chunks: Sequence[NextChunk]) -> list[tuple[ChunkResult, Step]]:
    """Commit chunks in the open transaction. Return what each causes, and the step of its poll."""
    compared = [
        PollChunk(one.prepared.context, one.chunk, one.ingest.polled.make_policy()) for one in chunks if one.chunk
    ]
    results = iter(commit_chunks(conn, compared))
    committed = [(one, next(results) if one.chunk else ChunkResult()) for one in chunks]
    finished = [
        FinishedPoll(one.ingest.polled, one.prepared, one.ingest.total.plus(result))
        for one, result in committed
        if one.chunk and one.is_last
    ]
    ends = iter(finish_polls(conn, finished))
    steps: list[tuple[ChunkResult, Step]] = []
    for one, result in committed:
        if one.chunk is None:
            feed_fingerprints.delete_fingerprint(conn, one.ingest.polled.source)
            steps.append((result, StaleFingerprint()))
        else:
            steps.append((result, next(ends) if one.is_last else result.alerts))
    return steps
