"""Limits the polls running at once on each host, so that a slow host with many sources does not take all slots.
Pure."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping


class HostSlots:
    """The polling slots of each host. `hosts` maps each source to its host, `polling` are the sources being polled
    now, and `slots_by_host` overrides `slots_per_host`."""

    def __init__(
        self,
        hosts: Mapping[str, str],
        polling: Iterable[str],
        slots_per_host: int,
        slots_by_host: Mapping[str, int] | None = None,
    ) -> None:
        self._hosts, self._slots_per_host, self._slots_by_host = hosts, slots_per_host, slots_by_host or {}
        self._used = Counter(hosts[name] for name in polling if name in hosts)

    def try_acquire(self, name: str) -> bool:
        """Take a slot for a source. Return false if its host has none left."""
        host = self._hosts.get(name, name)
        if not self._has_free_slot(host):
            return False
        self._used[host] += 1
        return True

    def sources_without_slot(self) -> list[str]:
        full_hosts = {host for host in self._used if not self._has_free_slot(host)}
        return [name for name, host in self._hosts.items() if host in full_hosts] if full_hosts else []

    def _has_free_slot(self, host: str) -> bool:
        return self._used[host] < self._slots_by_host.get(host, self._slots_per_host)


class HostQueue:
    """Sources waiting for a slot, grouped by host: a full host is skipped without a look at each of its sources."""

    def __init__(self, hosts: Mapping[str, str]) -> None:
        self._names_by_host: dict[str, deque[str]] = {}
        for name, host in hosts.items():
            self._names_by_host.setdefault(host, deque()).append(name)

    def __bool__(self) -> bool:
        return bool(self._names_by_host)

    def take_next(self, limit: int, slots: HostSlots) -> list[str]:
        """Remove and return up to `limit` sources, each with a slot taken."""
        chosen: list[str] = []
        for host, names in list(self._names_by_host.items()):
            while names and len(chosen) < limit and slots.try_acquire(names[0]):
                chosen.append(names.popleft())
            if not names:
                del self._names_by_host[host]
            if len(chosen) == limit:
                break
        return chosen
