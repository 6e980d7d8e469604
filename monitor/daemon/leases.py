"""The daemon's transactions: lease sources, write the results of unchanged polls, release throttled alerts."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from monitor.alerts.release import release_throttled
from monitor.alerts.routing import releases_with_routing_reasons, route
from monitor.assess import Policy
from monitor.polling.ingest import commit_unchanged_polls
from monitor.runtime import Runtime
from monitor.sources.host_slots import HostSlots
from monitor.sources.state import PollResult, SourceState
from monitor.store import alerts, outbox, rule_state, sources
from monitor.store.commit import commit_releases
from monitor.store.past import StoredHistory

POLL_LEASE_S = 300.0  # after this a source whose poller died is polled again
INTERRUPTED_LEASE_S = 10.0  # after this a source is polled again whose result could not be stored


def lease_sources(
    runtime: Runtime,
    limit: int,
    host_slots: HostSlots | None = None,
    names: Collection[str] | None = None,
    shards: Sequence[int] | None = None,
) -> list[SourceState]:
    """Lease due sources of these shards, or those of `names` that are not backing off, whatever their interval.

    Writes the pending outcomes of unchanged polls in the same transaction, and shortens the leases of interrupted
    ones.
    """
    if limit <= 0:
        return []
    with runtime.store.write() as conn:
        commit_unchanged_polls(conn, drain(runtime.pending_outcomes), runtime.policy)
        interrupted = [runtime.interrupted_polls.pop() for _ in range(len(runtime.interrupted_polls))]
        sources.shorten_leases(conn, interrupted, runtime.worker.id, runtime.clock() + INTERRUPTED_LEASE_S)
        return sources.lease_due_sources(
            conn,
            runtime.clock(),
            limit=limit,
            lease_seconds=POLL_LEASE_S,
            names=names,
            ignore_interval=names is not None,
            host_slots=host_slots,
            worker=runtime.worker.id,
            shards=shards,
        )


def flush_pending_outcomes(runtime: Runtime) -> None:
    """Write the pending outcomes of unchanged polls."""
    if runtime.pending_outcomes:
        with runtime.store.write() as conn:
            commit_unchanged_polls(conn, drain(runtime.pending_outcomes), runtime.policy)


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


def commit_throttle_releases(runtime: Runtime, policy: Policy, *, drops_removed: bool = True) -> int:
    """Commit one follow-up for each throttled rule and story whose window has ended. Return how many.

    With `drops_removed`, matches held for a rule that no longer exists are dropped. `policy` is the one in force when
    this work was queued for the store's thread. A reload queues its renames there too, so the rule names agree with
    those in the store.
    """
    now, active_rules = runtime.clock(), {rule.name for rule in policy.rules.rules}
    with runtime.store.read() as conn:
        if not alerts.due_throttled_matches(conn, now, runtime.policy.rules.aliases):
            return 0
    with runtime.store.write() as conn:
        pending = alerts.due_throttled_matches(conn, now, runtime.policy.rules.aliases)
        if drops_removed:
            rule_state.drop_pending(conn, [match.id for match in pending if match.alert.rule not in active_rules])
        releases = release_throttled([match for match in pending if match.alert.rule in active_rules], now=now)
        channels_by_rule, preferences = policy.channels_by_rule, policy.preferences
        released_alerts = [release.alert for release in releases]
        messages = route(released_alerts, channels_by_rule, preferences, StoredHistory(conn, since=now), now)
        routed_releases = releases_with_routing_reasons(releases, messages, channels_by_rule, preferences)
        commit_releases(conn, routed_releases, messages, now=now)
    return len(releases)
