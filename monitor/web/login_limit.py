"""Limits how often passwords can be tried: by each client and by all clients together.

After a few failures each further one doubles the wait, up to a minute. A client on this machine is exempt from the
limit of all clients, so that an attack from many addresses cannot keep the operator out.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MAX_WAIT_S = 60.0
FREE_FAILURES = 3  # of a client, before the first wait
FREE_FAILURES_OF_ALL = 30
FORGET_S = 900.0  # without a failure, after which a client's failures are forgotten
MAX_CLIENTS = 10_000  # whose failures are remembered


@dataclass(frozen=True, slots=True)
class Client:
    """Who tries a password. `is_local` if the connection comes from this machine and names no other client."""

    address: str
    is_local: bool


@dataclass(slots=True)
class Failures:
    """The failures in a row, and the time of the last one."""

    count: int = 0
    last: float = 0.0

    def wait_s(self, now: float, free: int) -> float:
        """Return for how many seconds no further try is allowed."""
        if self.count < free:
            return 0.0
        return max(0.0, self.last + min(MAX_WAIT_S, 2.0 ** (self.count - free)) - now)

    def add(self, now: float) -> None:
        self.count = min(self.count + 1, 1_000) if now - self.last < FORGET_S else 1
        self.last = now


class LoginLimit:
    """Counts failed tries in memory. `clock` returns seconds that never run backwards."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._all = Failures()
        self._by_client: OrderedDict[str, Failures] = OrderedDict()

    def wait_or_try(self, client: Client, is_right: Callable[[], bool]) -> tuple[float, bool]:
        """Return the seconds to wait (0 if the try was allowed) and whether it was right. Tries run one at a time."""
        with self._lock:
            now = self._clock()
            failures = self._by_client.get(client.address) or Failures()
            wait = failures.wait_s(now, FREE_FAILURES)
            if not client.is_local:
                wait = max(wait, self._all.wait_s(now, FREE_FAILURES_OF_ALL))
            if wait > 0:
                return wait, False
            if is_right():
                self._by_client.pop(client.address, None)
                return 0.0, True
            self._count_failure(client.address, failures, now)
            return 0.0, False

    def _count_failure(self, address: str, failures: Failures, now: float) -> None:
        failures.add(now)
        self._all.add(now)
        self._by_client[address] = failures
        self._by_client.move_to_end(address)
        if len(self._by_client) > MAX_CLIENTS:
            self._by_client.popitem(last=False)
