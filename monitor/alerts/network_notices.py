"""The notice that the network of this machine is down."""

from __future__ import annotations

from monitor.alerts.channel_notices import MONITOR_RULE
from monitor.alerts.ids import stable_id
from monitor.model import Alert, Moment, Severity
from monitor.units import DAY


def network_notice(error: str, now: Moment) -> Alert:
    """Return the notice that no source can be connected to; its id is the same all day. `error` is the last one."""
    title = "No source can be reached"
    text = (
        f"The network of this machine seems to be down: several sources failed to connect and none responded. "
        f"The last error: {error}. All sources are polled as soon as one responds."
    )
    id = stable_id("al", MONITOR_RULE, title, str(int(now // DAY)))
    return Alert(id, MONITOR_RULE, title, Severity.HIGH, "network", text, "", now, ())
