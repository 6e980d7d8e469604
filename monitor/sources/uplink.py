"""Detects that the network of this machine is down: sources that worked fail to connect, one after the other, and no
server responds in between. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.model import Moment
from monitor.units import HOUR

CONNECTION_ERROR_CODES = frozenset({"dns", "unreachable", "refused", "timeout", "proxy"})
MIN_HOSTS = 3  # hosts that fail; with fewer hosts in the config all of them, and at least two
WINDOW_S = HOUR  # failures that are further apart have causes of their own
OUTAGE_POLL_INTERVAL_S = 60.0  # sources are tried so often during an outage


@dataclass(slots=True)
class Uplink:
    """What is known of the network. `host_by_source` maps each source to its host and port.

    `failed` maps sources that worked until now to when they failed to connect since the last response. `down_since`
    is when the first of them failed, or None if the network is not known to be down.
    """

    host_by_source: Mapping[str, str]
    failed: dict[str, Moment] = field(default_factory=dict)
    down_since: Moment | None = None

    def record_failure(self, source: str, now: Moment) -> bool:
        """Record that a source that worked until now cannot be connected to. Return whether that shows an outage
        that was not known before."""
        if self.down_since is None:
            self.failed = {name: at for name, at in self.failed.items() if now - at <= WINDOW_S}
        self.failed[source] = now
        failed_hosts = {self.host_by_source.get(name, name) for name in self.failed}
        if self.down_since is not None or len(failed_hosts) < self._required_hosts():
            return False
        self.down_since = min(self.failed.values())
        return True

    def record_response(self) -> tuple[str, ...]:
        """Record that a server responded. Return the sources that failed because of an outage that is over now."""
        affected = tuple(self.failed) if self.down_since is not None else ()
        self.failed, self.down_since = {}, None
        return affected

    def _required_hosts(self) -> int:
        return max(2, min(MIN_HOSTS, len(set(self.host_by_source.values()))))
