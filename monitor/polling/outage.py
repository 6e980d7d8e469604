"""The transactions at the beginning and end of an outage of the network."""

from __future__ import annotations

from collections.abc import Collection

from monitor.alerts.network_notices import network_notice
from monitor.model import Moment
from monitor.runtime import Runtime
from monitor.store.commit import enqueue_notices
from monitor.store.past import StoredHistory
from monitor.store.sources import make_due


def commit_network_notice(runtime: Runtime, error: str, now: Moment) -> None:
    """Enqueue the notice that the network is down, once a day."""
    policy = runtime.policy
    with runtime.store.write() as conn:
        history = StoredHistory(conn, since=now)
        enqueue_notices(conn, policy.router(history, now).route([network_notice(error, now)]))
    runtime.delivery_wanted.set()


def commit_network_recovery(runtime: Runtime, names: Collection[str]) -> None:
    """Make the sources due that failed during the outage, without a back-off."""
    with runtime.store.write() as conn:
        make_due(conn, names, runtime.clock())
