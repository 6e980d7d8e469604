"""The daemon's transactions: lease sources, write the results of unchanged polls, and alert when it is time: release
throttled alerts, report the absence of matches.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from monitor import metrics
from monitor.polling.absence import alert_absences
from monitor.polling.compared import count_alerts
from monitor.polling.followups import release_followups
from monitor.polling.ingest import commit_polls
from monitor.runtime import Runtime
from monitor.sources.host_slots import HostSlots
from monitor.sources.state import PollResult, SourceState
from monitor.store import outbox, sources

POLL_LEASE_S = 300.0  # after this a source whose poller died is polled again
INTERRUPTED_LEASE_S = 10.0  # after this a source is polled again whose result could not be stored


def lease_sources(
    runtime: Runtime,
    limit: int,
    host_slots: HostSlots,
    names: Collection[str] | None,
    shards: Sequence[int] | None,
) -> list[SourceState]:
    """Lease due sources of these shards, or those of `names` that are not backing off, whatever their interval.

    Writes the pending outcomes of unchanged polls in the same transaction, and shortens the leases of interrupted
    ones.
    """
    if limit <= 0:
        return []
    with runtime.store.write() as conn:
        commit_polls(conn, drain(runtime.pending_outcomes), runtime.policy)
        interrupted = [runtime.interrupted_polls.pop() for _ in range(len(runtime.interrupted_polls))]
        sources.shorten_leases(conn, interrupted, runtime.worker.id, runtime.clock() + INTERRUPTED_LEASE_S)
        lease = sources.Lease(runtime.clock(), POLL_LEASE_S, runtime.worker.id)
        if names is None:
            return sources.lease_due_sources(conn, lease, limit=limit, host_slots=host_slots, shards=shards)
        return sources.lease_named_sources(conn, lease, names, limit=limit, host_slots=host_slots)


def flush_pending_outcomes(runtime: Runtime) -> None:
    """Write the pending outcomes of unchanged polls."""
    if runtime.pending_outcomes:
        with runtime.store.write() as conn:
            commit_polls(conn, drain(runtime.pending_outcomes), runtime.policy)


def drain(outcomes: dict[str, PollResult]) -> dict[str, PollResult]:
    """Remove and return all outcomes, one by one because polls may add more meanwhile."""
    drained = {}
    while outcomes:
        name, outcome = outcomes.popitem()
        drained[name] = outcome
    return drained


def due_channels(runtime: Runtime) -> list[str]:
    """Return the channels that have a message due."""
    with runtime.store.read() as conn:
        return outbox.channels_due(conn, runtime.clock())


def commit_absences(runtime: Runtime) -> int:
    """Commit the alerts of rules with `absent` that are due. Return how many."""
    alerts = alert_absences(runtime.store, runtime.policy, runtime.clock())
    metrics.count_all(count_alerts(alerts))
    return len(alerts)


def commit_throttle_releases(runtime: Runtime, *, drops_removed: bool = True) -> int:
    """Commit the follow-ups of throttles that are due. Return how many.

    With `drops_removed`, matches held for a rule that no longer exists are dropped. A reload changes the policy in
    the store's thread too, so the rule names agree with those in the store.
    """
    releases = release_followups(runtime.store, runtime.policy, runtime.clock(), drops_removed=drops_removed)
    metrics.count_all(count_alerts(release.alert for release in releases))
    return len(releases)
