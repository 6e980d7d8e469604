"""Compare the new and changed entries of a poll on a snapshot, and commit them under the write lock.

Comparing takes nearly all of the time, so it runs beside other writers. The commit decides on alerts, and compares
again only the entries that an update committed meanwhile may have changed: the same claim that arrives at two workers
at once is new exactly once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from monitor.assess import Comparison, Policy, compare, compare_baseline, decide_alerts, may_alert
from monitor.compare.overlap import LaterRows, Lookups
from monitor.model import Entry, Finding, Moment, Update
from monitor.polling.compared import (
    ChunkResult,
    ComparedChunk,
    ComparedEntry,
    IngestContext,
    PollChunk,
    Snapshot,
    count_assessment,
)
from monitor.polling.overtaken import compare_overtaken, terms_hasher
from monitor.sources.flapping import (
    EntryVersion,
    Revision,
    has_only_clock_changes,
    is_alertable,
    is_flapping,
    is_revert,
    revision_label,
)
from monitor.sources.long_entries import CutEntry
from monitor.sources.moving_lines import MIN_MOVES, find_moving_lines, follow_each_poll
from monitor.sources.parse.dates import unless_far_ahead
from monitor.store import entry_versions, ledger, snapshot
from monitor.store.commit import AssessedEntry, commit_assessments
from monitor.store.past import StoredHistory
from monitor.text.normalize import hash64
from monitor.text.split import claims_left_out

if TYPE_CHECKING:
    from sqlalchemy import Connection

BASELINE_CHUNK_ENTRIES = 40
BASELINE_CHUNK_CHARS = 60_000


def compare_chunk(
    stored: Snapshot, context: IngestContext, left: Iterator[tuple[Entry, str]], policy: Policy
) -> ComparedChunk:
    """Compare entries with a snapshot until its time is used up or no entry is left."""
    if policy.baseline and not context.known_entries:
        return ComparedChunk(stored.mark, compare_first_entries(stored.conn, context, left, policy))
    compared = []
    for entry, content_hash in left:
        history = context.history(stored.conn, stored.frequencies)
        compared.append(compare_entry(stored.conn, context, entry, content_hash, policy, history))
        if compared[-1].is_long:
            stored.use_up()
        if stored.is_used_up:
            break
    return ComparedChunk(stored.mark, compared)


def compare_first_entries(
    conn: Connection, context: IngestContext, left: Iterator[tuple[Entry, str]], policy: Policy
) -> list[ComparedEntry]:
    """Record entries of a source's first poll, about as many as a snapshot has time for."""
    taken, chars = [], 0
    for entry, content_hash in left:
        taken.append((entry, content_hash))
        chars += len(entry.article or entry.body)
        if len(taken) == BASELINE_CHUNK_ENTRIES or chars > BASELINE_CHUNK_CHARS:
            break
    updates = [build_update(context.source, entry, context.now) for entry, _ in taken]
    comparisons = compare_baseline(updates, context.history(conn), policy, context.now)
    return [
        ComparedEntry(entry, content_hash, policy, comparison, Lookups(), None, count_left_out(comparison))
        for (entry, content_hash), comparison in zip(taken, comparisons, strict=True)
    ]


def compare_entry(
    conn: Connection,
    context: IngestContext,
    entry: Entry,
    content_hash: str,
    policy: Policy,
    history: StoredHistory,
) -> ComparedEntry:
    """Compare an entry with everything said before, and a known one with its earlier versions."""
    if entry.key in context.anomaly.stale_reasons:
        policy = replace(policy, is_stale=True)
    is_known = entry.key in context.known_entries
    update, previous = build_update(context.source, entry, context.now), None
    if is_known and (previous := ledger.previous_update(conn, context.source, entry.key)):
        update = replace(update, at=max(context.now, previous.at))
    comparison = compare(update, previous, history, policy, context.now)
    versions = entry_versions.latest_versions(conn, context.source, entry.key) if is_known else []
    revision = describe_revision(conn, context, comparison, content_hash, versions) if versions else None
    return ComparedEntry(
        entry, content_hash, policy, comparison, history.lookups(), revision, count_left_out(comparison)
    )


def count_left_out(comparison: Comparison) -> int:
    return claims_left_out(comparison.update.text, comparison.claims)


def commit_chunks(conn: Connection, chunks: Sequence[PollChunk]) -> list[ChunkResult]:
    """Commit chunks of different polls that were compared with the same snapshot."""
    batch = Batch(conn)
    is_compared = any(not one.policy.baseline for poll in chunks for one in poll.chunk.entries)
    later_rows = snapshot.rows_since(conn, chunks[0].chunk.mark) if is_compared else LaterRows()
    keys_by_source = {poll.context.source: [one.entry.key for one in poll.chunk.entries] for poll in chunks}
    stored_hashes = snapshot.content_hashes(conn, keys_by_source)
    results, left = [], sum(map(len, keys_by_source.values()))
    for context, chunk, policy in chunks:
        results.append(result := ChunkResult())
        for one in chunk.entries:
            left -= 1
            stored_hash = stored_hashes.get((context.source, one.entry.key))
            if stored_hash == one.content_hash:
                continue  # another worker was faster
            compared = bring_up_to_date(batch, context, chunk, one, stored_hash, later_rows, policy)
            result.alerts += batch.add(compared, context, result)
            result.revisions += [compared.revision] if compared.revision else []
            result.cut_entries += [CutEntry(compared.entry.title, compared.left_out)] if compared.left_out else []
            if is_compared and left:
                later_rows.add(claim_terms(compared), [compared.comparison.story_vector])
    batch.commit()
    return results


def bring_up_to_date(
    batch: Batch,
    context: IngestContext,
    chunk: ComparedChunk,
    compared: ComparedEntry,
    stored_hash: str | None,
    later_rows: LaterRows,
    policy: Policy,
) -> ComparedEntry:
    """Return an entry as compared with what is stored now: it is compared again if that may make a difference.

    `stored_hash` is the content hash of its stored version; `later_rows` are those after the snapshot of the chunk.
    """
    conn, entry, content_hash = batch.conn, compared.entry, compared.content_hash
    if stored_hash != context.content_hash(entry.key):
        batch.commit()
        context = with_stored_entry(conn, context, entry.key)
        return compare_entry(conn, context, entry, content_hash, policy, context.history(conn))
    if compared.is_long and not compared.policy.baseline:
        batch.commit()
        rows = later_rows
        if chunk.long_entry_mark:
            rows = snapshot.rows_since(conn, chunk.long_entry_mark, terms_hasher(policy))
        return compare_overtaken(conn, context, compared, rows, policy)
    if compared.policy.rules is not policy.rules or later_rows.overlap(compared.lookups):
        batch.commit()
        return compare_entry(conn, context, entry, content_hash, policy, context.history(conn))
    return compared


def with_stored_entry(conn: Connection, context: IngestContext, key: str) -> IngestContext:
    """Return the context with an entry as it is stored now: another worker has committed it meanwhile."""
    stored = entry_versions.load_known_entries(conn, context.source, [key])
    return replace(context, known_entries={**context.known_entries, **stored})


def claim_terms(compared: ComparedEntry) -> Iterable[list[int]]:
    """Return the hashed terms by which the ledger will find the claims of an entry."""
    return ([hash64(term) for term in terms] for terms in compared.comparison.index_terms if terms)


class Batch:
    """Assessments that do not depend on each other, which are written together."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self._assessed: list[AssessedEntry] = []

    def add(self, compared: ComparedEntry, context: IngestContext, result: ChunkResult) -> int:
        """Decide on the alerts of an entry; return how many it causes. What alerts depend on is committed before."""
        if may_alert(compared.comparison, compared.policy):
            self.commit()
        history = context.history(self.conn)
        assessment = decide_alerts(compared.comparison, history, compared.policy, context.now)
        if stale_reason := context.anomaly.stale_reasons.get(compared.entry.key):
            decisions = tuple(replace(decision, detail=stale_reason) for decision in assessment.decisions)
            assessment = replace(assessment, decisions=decisions)
        result.counted += count_assessment(assessment, is_baseline=compared.policy.baseline)
        self._assessed.append(AssessedEntry(assessment, compared.content_hash, context.now))
        if assessment.released or assessment.messages:
            self.commit()
        return sum(1 for decision in assessment.decisions if decision.alert) + len(assessment.released)

    def commit(self) -> None:
        if self._assessed:
            commit_assessments(self.conn, self._assessed)
            self._assessed = []


def describe_revision(
    conn: Connection,
    context: IngestContext,
    comparison: Comparison,
    content_hash: str,
    versions: Sequence[EntryVersion],
) -> Revision:
    """Return how an update changed its entry, which had these versions before."""
    now, findings, previous = context.now, comparison.findings, versions[0]
    ticked = (
        has_only_clock_changes(findings)
        and len(versions) > 1
        and previous.recorded_at >= (context.last_good or now)
        and has_only_clock_changes(entry_versions.findings_of_update(conn, previous.update_id))
    )
    return Revision(
        reverted=is_revert(content_hash, versions),
        flapping=is_flapping(content_hash, versions, now),
        clock_only=ticked,
        alertable=is_alertable(findings),
        label=revision_label(comparison.update.title, findings),
        moving_lines=lines_moving_at_each_poll(conn, context, versions, findings),
    )


def lines_moving_at_each_poll(
    conn: Connection, context: IngestContext, versions: Sequence[EntryVersion], findings: Sequence[Finding]
) -> tuple[str, ...]:
    """Return the lines of a revision that have moved at each of the last polls."""
    if not follow_each_poll(versions, context.now, context.last_good or context.now):
        return ()
    moves = versions[: MIN_MOVES - 1]
    return find_moving_lines(findings, [entry_versions.findings_of_update(conn, move.update_id) for move in moves])


def build_update(source: str, entry: Entry, now: Moment) -> Update:
    """Convert an entry to an update. Its time is when it was published, but never in the future; a date that is days
    ahead is not that of the news."""
    published = unless_far_ahead(entry.published, now)
    said = now if published is None else min(published, now)
    return Update(
        source=source,
        entry=entry.key,
        at=said,
        title=entry.title,
        url=entry.url,
        text=entry.article or entry.body,
        author=entry.author,
        tags=entry.tags,
        published=published,
    )
