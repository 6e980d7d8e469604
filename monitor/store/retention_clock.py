"""Decides whether the clock can be trusted when history is about to be deleted by its age.

A clock that jumped ahead makes everything look old. What is stored by that clock proves nothing, because polls
continue by it.
"""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from monitor.model import Moment
from monitor.store.meta import load_meta, save_meta
from monitor.store.schema import sources, updates
from monitor.units import DAY, HOUR

LAST_RETENTION_KEY = "last retention"
MAX_GAP_S = DAY  # since the last retention, after which the clock may have jumped
STABLE_S = HOUR  # for which a clock that may have jumped has to run like the monotonic one
MAX_DRIFT_S = 60.0  # between the two clocks; more is a step


class ClockWatch:
    """Knows for how long the wall clock has run like the monotonic clock: since this process started, or a step."""

    def __init__(self) -> None:
        self._offset: float | None = None
        self._stable_since = 0.0

    def stable_seconds(self, now: Moment, elapsed_s: float) -> float:
        """Return for how long there was no step. `now` and `elapsed_s` are the two clocks. Call this often."""
        offset = now - elapsed_s
        if self._offset is None or abs(offset - self._offset) > MAX_DRIFT_S:
            self._offset, self._stable_since = offset, elapsed_s
        return elapsed_s - self._stable_since


def may_delete(conn: Connection, now: Moment, stable_s: float) -> bool:
    """Return whether history may be deleted by this clock, and then remember the time as that of a retention.

    That is so within a day of the last retention, or once the clock was stable for an hour. Before the first
    retention the newest poll or update counts.
    """
    last: Moment | None = load_meta(conn, LAST_RETENTION_KEY).get("at")
    if last is None:
        last = newest_moment(conn)
    if last is not None and now - last > MAX_GAP_S and stable_s < STABLE_S:
        return False
    save_meta(conn, LAST_RETENTION_KEY, {"at": now})
    return True


def newest_moment(conn: Connection) -> Moment | None:
    """Return when a source was polled or an update recorded last; None if the store is empty."""
    moments = [
        conn.scalar(select(func.max(sources.c.last_poll))),
        conn.scalar(select(func.max(updates.c.recorded_at))),
    ]
    return max((moment for moment in moments if moment is not None), default=None)
