"""When a rule's throttle lets it alert again."""

from __future__ import annotations

from typing import Protocol

from monitor.model import Moment
from monitor.ruleset.rule import Rule


class AlertTimes(Protocol):
    def alert_times(self, rule: str, story: str, since: Moment) -> list[Moment]:
        """Return the times of the rule's alerts on the story since a moment, oldest first."""


def throttled_until(rule: Rule, story: str, history: AlertTimes, now: Moment) -> Moment | None:
    """Return when the rule may alert on the story again; None if it may now."""
    throttle = rule.throttle
    if throttle is None:
        return None
    times = history.alert_times(rule.name, story, now - throttle.seconds)
    return times[-throttle.count] + throttle.seconds if len(times) >= throttle.count else None
