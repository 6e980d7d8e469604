"""Streams made by hand and replayed through the daemon's own pipeline."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.assess import Listening
from monitor.replay import replay
from monitor.ruleset.rule import RuleSet

BEGIN = datetime(2026, 3, 1, 8, tzinfo=UTC)
HOUR, DAY = 1.0, 24.0
NO_RULES = RuleSet(())


class Stream:
    """Collects lines; every one is said an hour after the one before unless `after` says otherwise."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.now = BEGIN

    def say(self, source: str, entry: str, text: str, title: str = "Situation report", after: float = HOUR) -> Stream:
        """`source` publishes this version of `entry`."""
        self.now += timedelta(hours=after)
        line = {"at": self.now.isoformat(), "source": source, "entry": entry, "title": title, "text": text}
        self.lines.append(json.dumps(line))
        return self

    def told(self, rules: RuleSet = NO_RULES) -> list[dict[str, Any]]:
        """Everything that replaying it brings."""
        return list(replay(self.lines, Listening(rules)))

    def last(self) -> dict[str, dict[str, Any]]:
        """The findings of the last line, by their claims."""
        told = self.told()
        start = max(i for i, one in enumerate(told) if one["type"] == "update")
        return {one["claim"]: one for one in told[start:] if one["type"] == "finding"}

    def stories(self) -> list[str]:
        """The story of each line."""
        return [one["story"] for one in self.told() if one["type"] == "update"]


def novelties(found: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {claim: finding["novelty"] for claim, finding in found.items()}
