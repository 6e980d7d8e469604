"""Assess the new and changed entries of a poll, and commit the findings, the source's next state and its notices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from sqlalchemy import Connection

from monitor.alerts.source_notices import HealthIssue, notice_alerts, update_notices
from monitor.assess import Assessment, Policy, assess
from monitor.model import Alert, Entry, Moment, Update
from monitor.polling.checks import detect_anomaly, has_missed_entries
from monitor.polling.compared import ChunkResult, IngestContext, PolledEntries
from monitor.sources.adaptive_interval import PollNews
from monitor.sources.anomalies import Anomaly, KnownEntry
from monitor.sources.flapping import Revision, revision_issues
from monitor.sources.long_entries import long_entry_issue
from monitor.sources.moving_lines import moving_issue
from monitor.sources.parse.identity import content_hash, oldest_first
from monitor.sources.state import PollResult
from monitor.store import entry_versions, feed_fingerprints, ledger, source_notices
from monitor.store.commit import commit_assessment, enqueue_notices
from monitor.store.past import StoredHistory
from monitor.store.sources import record_polls


def commit_poll(conn: Connection, source: str, outcome: PollResult, policy: Policy) -> list[Alert]:
    """Store a source's next state, update its notices, and enqueue and return the notices that are due."""
    return commit_polls(conn, {source: outcome}, policy)[source]


def commit_polls(conn: Connection, outcomes: Mapping[str, PollResult], policy: Policy) -> dict[str, list[Alert]]:
    """Store the results of polls, by source. Return the notices that are due."""
    record_polls(conn, outcomes)
    had_notices = set(source_notices.sources_with_notices(conn, outcomes))
    return {
        source: commit_notices(conn, source, outcome, policy) if outcome.issues or source in had_notices else []
        for source, outcome in outcomes.items()
    }


def commit_notices(conn: Connection, source: str, outcome: PollResult, policy: Policy) -> list[Alert]:
    """Update the notices about a source after a poll, and enqueue and return those that are due."""
    previous = source_notices.load_notices(conn, source)
    updated = update_notices(previous, outcome.issues, failures=outcome.failures, now=outcome.polled_at)
    source_notices.save_notices(conn, source, updated)
    alerts = notice_alerts(source, updated, outcome.polled_at)
    history = StoredHistory(conn, since=outcome.polled_at)
    enqueue_notices(conn, policy.router(history, outcome.polled_at).route(alerts))
    return alerts


@dataclass(frozen=True, slots=True)
class IngestResult:
    """How many alerts a poll caused, and the notices about its source."""

    alerts: int
    notices: Sequence[Alert]


class PreparedPoll(NamedTuple):
    """The new and changed entries of a poll with their content hashes, oldest first, and the result of the poll.

    That lacks the issues that are found while the entries are compared.
    """

    waiting: Sequence[tuple[Entry, str]]
    context: IngestContext
    outcome: PollResult


class FinishedPoll(NamedTuple):
    """A poll whose entries are all committed, and what they caused."""

    polled: PolledEntries
    prepared: PreparedPoll
    total: ChunkResult


def prepare(conn: Connection, polled: PolledEntries) -> PreparedPoll:
    """Find the new and changed entries of a poll."""
    known = entry_versions.load_known_entries(conn, polled.source, [entry.key for entry in polled.entries])
    last_read, last_good = entry_versions.last_read_and_good(conn, polled.source)
    waiting = changed_entries(polled.entries, known)
    anomaly = Anomaly()
    if last_read is not None and not polled.make_policy().baseline:
        anomaly = detect_anomaly(conn, polled, waiting, known, last_read)
    news = PollNews(
        len(waiting) / max(1, len(polled.entries)),
        last_read is not None and not anomaly.issues and has_missed_entries(conn, polled, known),
    )
    context = IngestContext(polled.source, polled.memory, polled.now, known, last_good, anomaly)
    return PreparedPoll(waiting, context, polled.make_outcome(news))


def finish_polls(conn: Connection, finished: Sequence[FinishedPoll]) -> list[IngestResult]:
    """Store what the sources contain now and the results of their polls."""
    if not finished:
        return []
    outcomes = {poll.polled.source: outcome_with_issues(poll) for poll in finished}
    keys_by_source = {polled.source: [entry.key for entry in polled.entries] for polled, *_ in finished}
    for polled, *_ in finished:
        ledger.mark_entries_seen(conn, polled.source, keys_by_source[polled.source], polled.now)
    feed_fingerprints.save_fingerprints(
        conn,
        [
            (polled.source, polled.fingerprint, set(keys_by_source[polled.source]))
            for polled, *_ in finished
            if polled.fingerprint
        ],
    )
    notices = commit_polls(conn, outcomes, finished[0].polled.make_policy())
    return [IngestResult(total.alerts, notices[polled.source]) for polled, _, total in finished]


def outcome_with_issues(finished: FinishedPoll) -> PollResult:
    _, prepared, total = finished
    issues = (
        *prepared.outcome.issues,
        *prepared.context.anomaly.issues,
        *revision_issues(total.revisions),
        *moving_issues(total.revisions),
        *([long_entry_issue(total.cut_entries)] if total.cut_entries else ()),
    )
    return replace(prepared.outcome, issues=issues)


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
