"""Pools of connections that are replaced by new ones, so that what the connections keep in memory is freed."""

from __future__ import annotations

from sqlalchemy import Engine, Pool


class RenewablePool:
    """The pool of an engine, and the one before it: connections in use return to that one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._earlier: Pool | None = None

    def renew(self) -> None:
        """Close the connections that are not in use, and those that were in use the last time."""
        if self._earlier:
            self._earlier.dispose()
        self._earlier = self._engine.pool
        self._engine.dispose()

    def close(self) -> None:
        """Close all connections."""
        self.renew()
        self.renew()
