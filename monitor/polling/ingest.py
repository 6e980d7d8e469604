"""Commits what a poll came to, and in the same transaction owes the operator what it gives cause to tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from monitor.alerts.routing import route
from monitor.alerts.source_notices import notice_alerts, update_notices
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
from monitor.model import Entry, Moment, Update
from monitor.polling.checks import detect_anomaly, entries_missed
from monitor.sources.anomalies import Anomaly, KnownEntry
from monitor.sources.flapping import (
    Revision,
    has_only_clock_changes,
    is_alertable,
    is_flapping,
    is_revert,
    revision_issues,
    revision_label,
)
from monitor.sources.parse.feed_items import FeedFingerprint
from monitor.sources.parse.identity import content_hash, oldest_first
from monitor.store import entry_versions, feed_fingerprints, ledger
from monitor.store.base import Store
from monitor.store.commit import commit_assessment


def commit_poll(conn: Connection, source: str, outcome: PollResult, policy: Policy) -> list[Alert]:
    """Keeps the source's next state and its notices; the alerts of those that are told now."""
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
    """Keeps what many polls came to, by source, that found nothing changed and give no cause to tell anything."""
    record_polls(conn, outcomes)
    for source in source_notices.sources_with_notices(conn, outcomes):
        commit_poll(conn, source, outcomes[source], policy)


CHUNK = 0.2  # seconds of assessing in one transaction: a long first poll must not keep others from the store


class StaleFingerprint(Exception):
    """An entry was recognised and is another one: the feed must be read again, this time as a whole."""


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What a poll brought: how many alerts, and what the operator is told of the source."""

    alerts: int
    notices: Sequence[Alert]


@dataclass(frozen=True, slots=True)
class IngestContext:
    """One poll of a source under way. `good` is when the source was last good before it."""

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
    """Commits what is fresh among `entries`, and the poll's outcome with the last of it: what `ends` makes of the
    share that is fresh, and of whether the feed rolled over. With it goes the feed's `imprint`.

    A crash in between leaves the poll undone, so the next one goes on where this one stopped. Raises Mistaken, with
    nothing taken, if an entry that was recognised is not what the store has.
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
                causes = (*outcome.issues, *anomaly.issues, *revision_issues(moves))
                told = commit_poll(conn, source, replace(outcome, issues=causes), policy)
    return IngestResult(alerts, told)


def ingest_chunk(
    conn: Connection, context: IngestContext, left: Iterator[tuple[Entry, str]]
) -> tuple[int, list[Revision], bool]:
    """Takes entries until the chunk's time is up: how many alerts they raised, how they moved, and whether none is
    left."""
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
    """Takes one entry; how it moved if it is a revision."""
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
    )


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
    """Assesses one update in an open transaction and records all that it brings. `stale` is why it is no news."""
    before = ledger.previous_update(conn, update.source, update.entry)
    if before is not None:
        update = replace(update, at=max(now, before.at))
    if stale_reason:
        policy = replace(policy, baseline=True)
    assessment = assess(update, before, StoredHistory(conn, since=now - memory), policy, now)
    if stale_reason:
        named = tuple(replace(decision, detail=stale_reason) for decision in assessment.decisions)
        assessment = replace(assessment, decisions=named)
    commit_assessment(conn, assessment, content_hash=digest, now=now)
    return assessment


def changed_entries(entries: Sequence[Entry], known_entries: Mapping[str, KnownEntry]) -> list[tuple[Entry, str]]:
    """The entries whose content the store does not have, with its hash, oldest first."""
    hashed: Iterable[tuple[Entry, str]] = ((entry, content_hash(entry)) for entry in oldest_first(entries))
    return [
        (entry, digest)
        for entry, digest in hashed
        if entry.key not in known_entries or known_entries[entry.key].content_hash != digest
    ]


def build_update(source: str, entry: Entry, now: Moment) -> Update:
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
