"""Assess the new and changed entries of a poll, and commit the findings, the source's next state and its notices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from monitor.alerts.routing import route
from monitor.alerts.source_notices import HealthIssue, notice_alerts, update_notices
from monitor.assess import Policy
from monitor.model import Alert
from monitor.sources.state import PollResult
from monitor.store import source_notices
from monitor.store.commit import enqueue_notices
from monitor.store.past import StoredHistory
from monitor.store.sources import record_poll, record_polls

if TYPE_CHECKING:
    from sqlalchemy import Connection
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from monitor.assess import Assessment, assess
from monitor.model import Entry, Finding, Moment, Update
from monitor.polling.checks import detect_anomaly, entries_missed
from monitor.sources.anomalies import Anomaly, KnownEntry
from monitor.sources.flapping import (
    EntryVersion,
    Revision,
    has_only_clock_changes,
    is_alertable,
    is_flapping,
    is_revert,
    revision_issues,
    revision_label,
)
from monitor.sources.moving_lines import MIN_MOVES, find_moving_lines, follow_each_poll, moving_issue
from monitor.sources.parse.dates import unless_far_ahead
from monitor.sources.parse.feed_items import FeedFingerprint
from monitor.sources.parse.identity import content_hash, oldest_first
from monitor.store import entry_versions, feed_fingerprints, ledger
from monitor.store.base import Store
from monitor.store.commit import commit_assessment


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


CHUNK = 0.2  # seconds of assessment in one transaction, so that a long first poll does not block the store


class StaleFingerprint(Exception):
    """An entry recognized by its fingerprint differs from the stored one: the whole feed must be parsed."""


@dataclass(frozen=True, slots=True)
class IngestResult:
    """How many alerts a poll caused, and the notices about its source."""

    alerts: int
    notices: Sequence[Alert]


@dataclass(frozen=True, slots=True)
class IngestContext:
    """What all chunks of one poll share. `last_good` is the source's last successful poll before this one."""

    source: str
    policy: Policy
    memory: float
    now: Moment
    known_entries: Mapping[str, KnownEntry]
    last_good: Moment | None
    anomaly: Anomaly


def ingest_poll(
    store: Store,
    source: str,
    entries: Sequence[Entry],
    policy: Policy,
    make_outcome: Callable[[float, bool], PollResult],
    *,
    memory: float,
    now: Moment,
    fingerprint: FeedFingerprint | None = None,
) -> IngestResult:
    """Commit the new and changed entries in chunks; the last one includes the poll's result and the fingerprint.

    `make_outcome` receives the share of new and changed entries and whether the feed rolled over. A crash between
    chunks leaves the poll unfinished, so the next poll continues where this one stopped. Raises StaleFingerprint,
    before anything is committed, if an entry recognized by its fingerprint differs from the stored one.
    """
    with store.read() as conn:
        seen = entry_versions.load_known_entries(conn, source, [entry.key for entry in entries])
        read, good = entry_versions.last_read_and_good(conn, source)
        waiting = changed_entries(entries, seen)
        mistaken = any(entry.known_hash for entry, _ in waiting)
        anomaly = Anomaly()
        if read is not None and not policy.baseline:
            anomaly = detect_anomaly(conn, source, entries, waiting, seen, read, memory_start=now - memory)
        rolled = read is not None and not anomaly.issues and entries_missed(conn, source, entries, seen)
    if mistaken:
        with store.write() as conn:
            feed_fingerprints.delete_fingerprint(conn, source)
        raise StaleFingerprint
    outcome = make_outcome(len(waiting) / max(1, len(entries)), rolled)
    context = IngestContext(source, policy, memory, now, seen, good, anomaly)
    alerts, done = 0, False
    moves: list[Revision] = []
    left = iter(waiting)
    while not done:
        with store.write() as conn:
            taken, moved, done = ingest_chunk(conn, context, left)
            alerts += taken
            moves += moved
            if done:
                ledger.mark_entries_seen(conn, source, [entry.key for entry in entries], now)
                if fingerprint:
                    feed_fingerprints.save_fingerprint(conn, source, fingerprint, {entry.key for entry in entries})
                causes = (*outcome.issues, *anomaly.issues, *revision_issues(moves), *moving_issues(moves))
                told = commit_poll(conn, source, replace(outcome, issues=causes), policy)
    return IngestResult(alerts, told)


def ingest_chunk(
    conn: Connection, context: IngestContext, left: Iterator[tuple[Entry, str]]
) -> tuple[int, list[Revision], bool]:
    """Ingest entries until the chunk's time is up. Return the number of alerts, the revisions, and if it is done."""
    alerts, started = 0, time.monotonic()
    moves: list[Revision] = []
    for entry, digest in left:
        assessment, move = ingest_entry(conn, context, entry, digest)
        alerts += sum(1 for decision in assessment.decisions if decision.alert) + len(assessment.released)
        moves += [move] if move else []
        if time.monotonic() - started > CHUNK:
            return alerts, moves, False
    return alerts, moves, True


def ingest_entry(
    conn: Connection, context: IngestContext, entry: Entry, digest: str
) -> tuple[Assessment, Revision | None]:
    """Ingest one entry. Return its assessment and, for a known entry, its revision."""
    update = build_update(context.source, entry, context.now)
    stale = context.anomaly.stale_reasons.get(entry.key, "")
    versions = (
        entry_versions.latest_versions(conn, context.source, entry.key) if entry.key in context.known_entries else []
    )
    assessment = ingest_update(
        conn, update, context.policy, digest=digest, memory=context.memory, now=context.now, stale_reason=stale
    )
    if not versions:
        return assessment, None
    ticked = (
        has_only_clock_changes(assessment.findings)
        and len(versions) > 1
        and versions[0].recorded_at >= (context.last_good or context.now)
    )
    return assessment, Revision(
        reverted=is_revert(digest, versions),
        flapping=is_flapping(digest, versions, context.now),
        clock_only=ticked and has_only_clock_changes(entry_versions.findings_of_update(conn, versions[0].update_id)),
        alertable=is_alertable(assessment.findings),
        label=revision_label(update.title, assessment.findings),
        moving_lines=lines_moving_at_each_poll(conn, context, versions, assessment.findings),
    )


def lines_moving_at_each_poll(
    conn: Connection, context: IngestContext, versions: Sequence[EntryVersion], findings: Sequence[Finding]
) -> tuple[str, ...]:
    """Return the lines of a revision that have moved at each of the last polls."""
    if not follow_each_poll(versions, context.now, context.last_good or context.now):
        return ()
    moves = versions[: MIN_MOVES - 1]
    return find_moving_lines(findings, [entry_versions.findings_of_update(conn, move.update_id) for move in moves])


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
    stale_reason: str = "",
) -> Assessment:
    """Assess one update and store the results in the open transaction. With `stale_reason` it does not alert."""
    before = ledger.previous_update(conn, update.source, update.entry)
    if before is not None:
        update = replace(update, at=max(now, before.at))
    if stale_reason:
        policy = replace(policy, is_stale=True)
    assessment = assess(update, before, StoredHistory(conn, since=now - memory), policy, now)
    if stale_reason:
        named = tuple(replace(decision, detail=stale_reason) for decision in assessment.decisions)
        assessment = replace(assessment, decisions=named)
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
