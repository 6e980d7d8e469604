"""The beginning and end of an outage of the network: a notice, and polls of the sources that failed."""

from __future__ import annotations

from collections.abc import Collection

from monitor.alerts.channel_notices import MONITOR_RULE
from monitor.alerts.ids import stable_id
from monitor.model import Alert, Moment, Severity
from monitor.runtime import Runtime
from monitor.store.commit import enqueue_notices
from monitor.store.past import StoredHistory
from monitor.store.sources import make_due
from monitor.units import DAY


def commit_network_notice(runtime: Runtime, error: str, now: Moment) -> None:
    """Enqueue the notice that the network is down, once a day."""
    policy = runtime.policy
    with runtime.store.write() as conn:
        history = StoredHistory(conn, since=now)
        enqueue_notices(conn, policy.router(history, now).route([network_notice(error, now)]))
    runtime.delivery_wanted.set()


def network_notice(error: str, now: Moment) -> Alert:
    """Return the notice that no source can be connected to; its id is the same all day. `error` is the last one."""
    title = "No source can be reached"
    text = (
        f"The network of this machine seems to be down: several sources failed to connect and none responded. "
        f"The last error: {error}. All sources are polled as soon as one responds."
    )
    id = stable_id("al", MONITOR_RULE, title, str(int(now // DAY)))
    return Alert(id, MONITOR_RULE, title, Severity.HIGH, "network", text, "", now, ())


def commit_network_recovery(runtime: Runtime, names: Collection[str]) -> None:
    """Make the sources due that failed during the outage, without a back-off."""
    with runtime.store.write() as conn:
        make_due(conn, names, runtime.clock())
