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
from monitor.polling.compared import ChunkResult, ComparedChunk, PollChunk, PolledEntries, Snapshot
from monitor.polling.entries import commit_chunks, compare_chunk
from monitor.polling.ingest import FinishedPoll, IngestResult, PreparedPoll, finish_polls, prepare
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
    chunks = [catch_up_with(store, chunk) for chunk in chunks]
    has_begun = False
    try:
        with metrics.timed_stage("commit"), store.write() as conn:
            has_begun = True
            results = commit_in(conn, chunks)
    except Exception as error:
        if has_begun and len(chunks) > 1:
            return [step for chunk in chunks for step in commit_together(store, [chunk])]
        return [error] * len(chunks)
    for committed, (result, _) in zip(chunks, results, strict=True):
        metrics.count_all(result.counted)
        committed.ingest.total = committed.ingest.total.plus(result)
        committed.ingest.committed += len(committed.chunk.entries) if committed.chunk else 0
    return [step for _, step in results]


def catch_up_with(store: Store, following: NextChunk) -> NextChunk:
    """Compare a long entry again where other polls have overtaken it."""
    chunk, context = following.chunk, following.prepared.context
    return following._replace(chunk=catch_up(store, context, chunk)) if chunk else following


def commit_in(conn: Connection, chunks: Sequence[NextChunk]) -> list[tuple[ChunkResult, Step]]:
    """Commit chunks in the open transaction. Return what each causes, and the step of its poll."""
    compared = [
        PollChunk(following.prepared.context, following.chunk, following.ingest.polled.make_policy())
        for following in chunks
        if following.chunk
    ]
    results = iter(commit_chunks(conn, compared))
    committed = [(following, next(results) if following.chunk else ChunkResult()) for following in chunks]
    finished = [
        FinishedPoll(following.ingest.polled, following.prepared, following.ingest.total.plus(result))
        for following, result in committed
        if following.chunk and following.is_last
    ]
    ends = iter(finish_polls(conn, finished))
    steps: list[tuple[ChunkResult, Step]] = []
    for following, result in committed:
        if following.chunk is None:
            feed_fingerprints.delete_fingerprint(conn, following.ingest.polled.source)
            steps.append((result, StaleFingerprint()))
        else:
            steps.append((result, next(ends) if following.is_last else result.alerts))
    return steps
