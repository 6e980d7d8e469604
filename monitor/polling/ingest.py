"""Assess the new and changed entries of a poll, and commit the findings, the source's next state and its notices."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from monitor import metrics
from monitor.alerts.routing import route
from monitor.alerts.source_notices import HealthIssue, notice_alerts, update_notices
from monitor.assess import Assessment, Policy, assess
from monitor.model import Alert, Entry, Moment, Update
from monitor.polling.checks import detect_anomaly, entries_missed
from monitor.polling.compared import ChunkResult, IngestContext
from monitor.polling.entries import commit_chunk, compare_chunk
from monitor.polling.overtaken import catch_up
from monitor.sources.anomalies import Anomaly, KnownEntry
from monitor.sources.flapping import Revision, revision_issues
from monitor.sources.long_entries import long_entry_issue
from monitor.sources.moving_lines import moving_issue
from monitor.sources.parse.feed_items import FeedFingerprint
from monitor.sources.parse.identity import content_hash, oldest_first
from monitor.sources.state import PollResult
from monitor.store import entry_versions, feed_fingerprints, ledger, source_notices
from monitor.store.base import Store
from monitor.store.commit import commit_assessment, enqueue_notices
from monitor.store.past import StoredHistory
from monitor.store.sources import record_poll, record_polls


def commit_poll(conn: Connection, source: str, outcome: PollResult, policy: Policy) -> list[Alert]:
    """Store a source's next state, update its notices, and enqueue and return the notices that are due."""
    record_poll(conn, source, outcome)
    previous = source_notices.load_notices(conn, source)
    updated = update_notices(previous, outcome.issues, failures=outcome.failures, now=outcome.polled_at)
    source_notices.save_notices(conn, source, updated)
    alerts = notice_alerts(source, updated, outcome.polled_at)
    stored_history = StoredHistory(conn, since=outcome.polled_at)
    enqueue_notices(
        conn, route(alerts, policy.channels_by_rule, policy.preferences, stored_history, outcome.polled_at)
    )
    return alerts


def commit_unchanged_polls(conn: Connection, outcomes: Mapping[str, PollResult], policy: Policy) -> None:
    """Store the results of many unchanged polls, by source."""
    record_polls(conn, outcomes)
    for source in source_notices.sources_with_notices(conn, outcomes):
        commit_poll(conn, source, outcomes[source], policy)


class StaleFingerprint(Exception):
    """An entry recognized by its fingerprint differs from the stored one: the whole feed must be parsed."""


@dataclass(frozen=True, slots=True)
class IngestResult:
    """How many alerts a poll caused, and the notices about its source."""

    alerts: int
    notices: Sequence[Alert]


@dataclass(frozen=True, slots=True)
class PolledEntries:
    """The entries of one poll and what is needed to ingest them.

    `make_policy` returns the policy in force, with the settings of the source; `make_outcome` the result of the poll
    from the share of new and changed entries and whether the feed rolled over. `memory` is in seconds.
    """

    source: str
    entries: Sequence[Entry]
    make_policy: Callable[[], Policy]
    make_outcome: Callable[[float, bool], PollResult]
    memory: float
    now: Moment
    fingerprint: FeedFingerprint | None = None


def ingest_poll(store: Store, polled: PolledEntries) -> IngestResult:
    """Commit the new and changed entries of a poll. Raises StaleFingerprint."""
    steps = ingest_steps(store, polled)
    while True:
        if isinstance(step := next_step(steps), IngestResult):
            return step


def next_step(steps: Generator[int, None, IngestResult]) -> int | IngestResult:
    """Run the next step of an ingest. Return how many alerts it caused, and the result of the poll at its end."""
    try:
        return next(steps)
    except StopIteration as done:
        result: IngestResult = done.value
        return result


def ingest_steps(store: Store, polled: PolledEntries) -> Generator[int, None, IngestResult]:
    """Commit the new and changed entries in chunks, and yield after each how many alerts it caused.

    The last chunk includes the poll's result and the fingerprint. A crash between chunks leaves the poll unfinished,
    so the next poll continues where this one stopped. Raises StaleFingerprint, before anything is committed, if an
    entry recognized by its fingerprint differs from the stored one.
    """
    waiting, context, is_rolled_over = prepare(store, polled)
    if any(entry.known_hash for entry, _ in waiting):
        with store.write() as conn:
            feed_fingerprints.delete_fingerprint(conn, polled.source)
        raise StaleFingerprint
    outcome = polled.make_outcome(len(waiting) / max(1, len(polled.entries)), is_rolled_over)
    total, left, done = ChunkResult(), iter(waiting), 0
    while True:
        policy = polled.make_policy()
        with metrics.timed_stage("compare"):
            with store.read() as conn:
                chunk = compare_chunk(conn, context, left, policy)
            chunk = catch_up(store, context, chunk)
        done += len(chunk.entries)
        with metrics.timed_stage("commit"), store.write() as conn:
            result = commit_chunk(conn, context, chunk, polled.make_policy())
            total.add(result)
            if done == len(waiting):
                notices = finish_poll(conn, polled, context, outcome, total)
        metrics.count_all(result.counted)
        if done == len(waiting):
            return IngestResult(total.alerts, notices)
        yield result.alerts


def prepare(store: Store, polled: PolledEntries) -> tuple[list[tuple[Entry, str]], IngestContext, bool]:
    """Return the new and changed entries with their content hashes, and whether the feed rolled over."""
    source, entries, now = polled.source, polled.entries, polled.now
    with store.read() as conn:
        known = entry_versions.load_known_entries(conn, source, [entry.key for entry in entries])
        last_read, last_good = entry_versions.last_read_and_good(conn, source)
        waiting = changed_entries(entries, known)
        anomaly = Anomaly()
        if last_read is not None and not polled.make_policy().baseline:
            anomaly = detect_anomaly(
                conn, source, entries, waiting, known, last_read, memory_start=now - polled.memory
            )
        is_rolled_over = last_read is not None and not anomaly.issues and entries_missed(conn, source, entries, known)
    return waiting, IngestContext(source, polled.memory, now, known, last_good, anomaly), is_rolled_over


def finish_poll(
    conn: Connection,
    polled: PolledEntries,
    context: IngestContext,
    outcome: PollResult,
    total: ChunkResult,
) -> list[Alert]:
    """Store what the source contains now and the poll's result. Return the notices about the source."""
    keys = [entry.key for entry in polled.entries]
    ledger.mark_entries_seen(conn, polled.source, keys, polled.now)
    if polled.fingerprint:
        feed_fingerprints.save_fingerprint(conn, polled.source, polled.fingerprint, set(keys))
    issues = (
        *outcome.issues,
        *context.anomaly.issues,
        *revision_issues(total.revisions),
        *moving_issues(total.revisions),
        *([long_entry_issue(total.cut_entries)] if total.cut_entries else ()),
    )
    return commit_poll(conn, polled.source, replace(outcome, issues=issues), polled.make_policy())


def moving_issues(revisions: Sequence[Revision]) -> tuple[HealthIssue, ...]:
    """The issue to report for lines that move at every poll, unless the notice about a clock covers them."""
    lines = [line for revision in revisions if not revision.clock_only for line in revision.moving_lines]
    return (moving_issue(lines),) if lines else ()


def ingest_update(
    conn: Connection,
    update: Update,
    policy: Policy,
    *,
    digest: str,
    memory: float,
    now: Moment,
) -> Assessment:
    """Assess one update and store the results in the open transaction."""
    previous = ledger.previous_update(conn, update.source, update.entry)
    if previous is not None:
        update = replace(update, at=max(now, previous.at))
    assessment = assess(update, previous, StoredHistory(conn, since=now - memory), policy, now)
    commit_assessment(conn, assessment, content_hash=digest, now=now)
    return assessment


def changed_entries(entries: Sequence[Entry], known_entries: Mapping[str, KnownEntry]) -> list[tuple[Entry, str]]:
    """Return the new and changed entries with their content hashes, oldest first."""
    hashed: Iterable[tuple[Entry, str]] = ((entry, content_hash(entry)) for entry in oldest_first(entries))
    return [
        (entry, digest)
        for entry, digest in hashed
        if entry.key not in known_entries or known_entries[entry.key].content_hash != digest
    ]
