"""Shares the slots for polling among hosts, so that a slow one with many sources does not hold them all. Pure."""

from __future__ import annotations

from collections import Counter, deque
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


class Queue:
    """Sources that wait for a slot, by host, so that the sources of a full host need not be looked at one by one."""

    def __init__(self, hosts: Mapping[str, str]) -> None:
        self._waiting: dict[str, deque[str]] = {}
        for name, host in hosts.items():
            self._waiting.setdefault(host, deque()).append(name)

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def take(self, room: int, crowd: Crowd) -> list[str]:
        """The next sources, no more than there is `room` for and than the crowd admits."""
        taken: list[str] = []
        for host, names in list(self._waiting.items()):
            while names and len(taken) < room and crowd.admit(names[0]):
                taken.append(names.popleft())
            if not names:
                del self._waiting[host]
            if len(taken) == room:
                break
        return taken
