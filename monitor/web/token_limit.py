"""Limits how often a client can guess tokens, with the waits of wrong passwords.

A token that was wrong before is no guess: a program with an old token must not keep out others at its address. Nor do
all clients together have to wait, because programs have no other way in, and tokens are long.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable

import structlog

from monitor.web.login_limit import Client, LoginLimit

log = structlog.get_logger()
MAX_WRONG_TOKENS = 1_000  # that are remembered


class TokenLimit:
    """Counts wrong tokens in memory. `clock` returns seconds that never run backwards."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = LoginLimit(clock)
        self._wrong: OrderedDict[bytes, None] = OrderedDict()

    def wait_or_check(self, address: str, token: str, is_right: Callable[[], bool]) -> tuple[float, bool]:
        """Return the seconds that the client has to wait (0 if the token was checked), and whether it is right."""
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        if digest in self._wrong:
            return 0.0, False
        wait, accepted = self._limit.wait_or_try(Client(address, is_local=True), is_right)
        if not wait and not accepted:
            log.warning("token refused", stage="web", client=address)
            self._wrong[digest] = None
            while len(self._wrong) > MAX_WRONG_TOKENS:
                self._wrong.popitem(last=False)
        return wait, accepted
