"""Outages of this machine's network: polls that fail then are no fault of their sources.

The beginning of an outage causes a notice, its end polls of the sources that failed.
"""

from __future__ import annotations

from collections.abc import Collection

import structlog

from monitor.alerts.channel_notices import MONITOR_RULE
from monitor.alerts.ids import stable_id
from monitor.errors import SourceError
from monitor.model import Alert, Moment, Severity
from monitor.polling import outcome
from monitor.polling.outcome import PollContext
from monitor.runtime import Runtime
from monitor.sources.state import PollResult
from monitor.sources.uplink import CONNECTION_ERROR_CODES
from monitor.store.commit import enqueue_notices
from monitor.store.past import StoredHistory
from monitor.store.sources import make_due
from monitor.units import DAY

log = structlog.get_logger()


async def outcome_of_failure(runtime: Runtime, poll: PollContext, error: SourceError) -> PollResult:
    """Return the outcome of a failed poll: a fault of the source, unless the network of this machine is down."""
    if error.code not in CONNECTION_ERROR_CODES:
        await note_response(runtime)
        return outcome.failed_outcome(poll, error)
    if poll.previous.failures == 0 and runtime.uplink.record_failure(poll.source.name, poll.now):
        await runtime.run_in_store_thread(commit_network_notice, runtime, str(error), poll.now)
        log.warning("network down", stage="poll", sources=len(runtime.uplink.failed))
    is_down = runtime.uplink.down_since is not None
    return (outcome.unreachable_outcome if is_down else outcome.failed_outcome)(poll, error)


async def note_response(runtime: Runtime) -> None:
    """Note that a server responded. After an outage of the network all sources that it affected become due."""
    if affected := runtime.uplink.record_response():
        log.info("network up", stage="poll", sources=len(affected))
        await runtime.run_in_store_thread(commit_network_recovery, runtime, affected)


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
