"""`inhibits`: rules that stay quiet on a story because another rule has alerted on it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from monitor.alerts.held import ReleasedMatches
from monitor.alerts.throttling import AlertTimes
from monitor.model import Alert, Moment
from monitor.ruleset.rule import Rule


def inhibition_detail(inhibitor: str) -> str:
    return f"{inhibitor} has alerted on this story"


@dataclass(slots=True)
class Inhibition:
    """Which rules inhibit which (`inhibitors`, by the inhibited rule), and the alerts of the update at hand.

    An alert is live while its rule's throttle lasts; without a throttle, as long as its story.
    """

    inhibitors: Mapping[str, Sequence[Rule]] = field(default_factory=dict)
    alerted: set[tuple[str, str]] = field(default_factory=set)  # rule and story

    def inhibitor_of(self, rule: str, story: str, history: AlertTimes, now: Moment) -> str:
        """Return the rule whose live alert on the story keeps this rule quiet; "" if there is none."""
        for inhibitor in self.inhibitors.get(rule, ()):
            since = now - inhibitor.throttle.seconds if inhibitor.throttle else 0.0
            if (inhibitor.name, story) in self.alerted or history.alert_times(inhibitor.name, story, since):
                return inhibitor.name
        return ""

    def inhibited_until(self, alert: Alert, history: AlertTimes, now: Moment) -> Moment | None:
        """Return until when live alerts keep this one quiet, infinity if for good; None if it may be sent."""
        ends = [
            last + inhibitor.throttle.seconds if inhibitor.throttle else math.inf
            for inhibitor in self.inhibitors.get(alert.rule, ())
            for last in history.alert_times(inhibitor.name, alert.story, 0.0)[-1:]
        ]
        return max((end for end in ends if end > now), default=None)

    def uninhibited(
        self, released: Iterable[ReleasedMatches], history: AlertTimes, now: Moment
    ) -> tuple[ReleasedMatches, ...]:
        """Return the releases whose rule may alert on their story; the other matches stay held."""
        return tuple(
            release
            for release in released
            if not self.inhibitor_of(release.alert.rule, release.alert.story, history, now)
        )

    def in_order(self, rules: Iterable[str]) -> list[str]:
        """Return the rules with each one after those that inhibit it. There are no cycles."""
        remaining = dict.fromkeys(rules)
        ordered: dict[str, None] = {}

        def add(name: str) -> None:
            if name in remaining and name not in ordered:
                for inhibitor in self.inhibitors.get(name, ()):
                    add(inhibitor.name)
                ordered[name] = None

        for name in remaining:
            add(name)
        return list(ordered)
