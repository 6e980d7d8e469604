"""Rules with `absent` in a back-test: every source is taken as read at all times, because history does not say."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC

from monitor.alerts.absence import Absence, SourceReading, absence_alert, due_moment, name_match
from monitor.backtest.stored_update import StoredUpdate
from monitor.model import Alert, Match, Moment
from monitor.ruleset.match import rule_covers_source
from monitor.ruleset.rule import Rule


@dataclass(slots=True)
class PastAbsences:
    """The rules that wait, with their state and the number of the update that matched last, 0 for none."""

    rules: dict[str, Rule]
    readings: dict[str, tuple[SourceReading, ...]]
    states: dict[str, Absence]
    update_numbers: dict[str, int]

    @classmethod
    def of(
        cls, rules: Iterable[Rule], source_tags: Mapping[str, tuple[str, ...]], start: Moment | None
    ) -> PastAbsences:
        """Let the rules wait from `start`; None: from their first match."""
        waiting = {rule.name: rule for rule in rules if rule.absent is not None}
        readings = {
            name: tuple(
                SourceReading(source, math.inf)
                for source, tags in source_tags.items()
                if rule_covers_source(rule, source, tags)
            )
            for name, rule in waiting.items()
        }
        states = {} if start is None else {name: Absence(name, start) for name in waiting}
        return cls(waiting, readings, states, {})

    def mark_present(self, match: Match, stored_update: StoredUpdate) -> None:
        """Record a match."""
        claim = stored_update.findings[match.finding_indexes[0]].claim.text
        last = name_match(claim, stored_update.update.source)
        self.states[match.rule] = Absence(match.rule, stored_update.recorded_at, last)
        self.update_numbers[match.rule] = stored_update.number

    def due(self, now: Moment) -> Iterator[tuple[int, Alert]]:
        """Yield the alerts until now, each with the number of the rule's last update and at the time it was due."""
        for name, state in list(self.states.items()):
            due_at = due_moment(self.rules[name], state, now)
            if due_at is not None and (alert := self.alert(name, state, due_at)):
                self.states[name] = replace(state, alerted_at=due_at)
                yield self.update_numbers.get(name, 0), alert

    def alert(self, name: str, state: Absence, now: Moment) -> Alert | None:
        return absence_alert(self.rules[name], state, self.readings[name], now, UTC)
