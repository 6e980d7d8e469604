"""Shares the slots for polling among hosts, so that a slow one with many sources does not hold them all. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping


class Crowd:
    """Who may be polled beside the sources that are `polling` now. `hosts` is the host of each source by name, and
    `shares` how many slots a host may take, where that is not `share`."""

    def __init__(
        self, hosts: Mapping[str, str], polling: Iterable[str], share: int, shares: Mapping[str, int] | None = None
    ) -> None:
        self._hosts, self._share, self._shares = hosts, share, shares or {}
        self._taken = Counter(hosts[name] for name in polling if name in hosts)

    def admit(self, name: str) -> bool:
        """Takes a slot for a source; false if its host has no slot left."""
        host = self._hosts.get(name, name)
        if not self._room(host):
            return False
        self._taken[host] += 1
        return True

    def full(self) -> list[str]:
        """The sources whose hosts have no slot left."""
        crowded = {host for host in self._taken if not self._room(host)}
        return [name for name, host in self._hosts.items() if host in crowded] if crowded else []

    def _room(self, host: str) -> bool:
        return self._taken[host] < self._shares.get(host, self._share)
