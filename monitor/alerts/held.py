"""Held matches: those that wait for another source or for the end of a throttle, and their release."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.model import Alert, Reason


@dataclass(frozen=True, slots=True)
class PendingMatch:
    """A held match as stored: its row id, why it is held, and the alert to send on its release."""

    id: int
    reason: Reason
    alert: Alert


@dataclass(frozen=True, slots=True)
class ReleasedMatches:
    """Held matches that are released together, as one alert.

    `merged` are the indexes of the update's findings that the alert reports as those of another source: the same rule
    does not alert on them again.
    """

    match_ids: tuple[int, ...]
    alert: Alert
    detail: str
    reason: Reason = Reason.SENT
    merged: frozenset[int] = frozenset()
