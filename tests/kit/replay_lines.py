"""Build streams of lines and replay them through the daemon's own pipeline."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.assess import Policy
from monitor.backtest.replay import replay_stream
from monitor.ruleset.rule import RuleSet

STREAM_START = datetime(2026, 3, 1, 8, tzinfo=UTC)
STEP_HOURS, DAY_HOURS = 1.0, 24.0
NO_RULES = RuleSet(())


class ReplayStream:
    """Collects lines. Each is an hour later than the previous one, unless `hours_later` is given."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.now = STREAM_START

    def say(
        self, source: str, entry: str, text: str, title: str = "Situation report", hours_later: float = STEP_HOURS
    ) -> ReplayStream:
        """Add a line: `source` publishes this version of `entry`."""
        self.now += timedelta(hours=hours_later)
        line = {"at": self.now.isoformat(), "source": source, "entry": entry, "title": title, "text": text}
        self.lines.append(json.dumps(line))
        return self

    def results(self, rules: RuleSet = NO_RULES) -> list[dict[str, Any]]:
        """Replay the stream and return all records."""
        return list(replay_stream(self.lines, Policy(rules)))

    def last_findings(self) -> dict[str, dict[str, Any]]:
        """Return the findings of the last line, by claim."""
        records = self.results()
        start = max(i for i, record in enumerate(records) if record["type"] == "update")
        return {record["claim"]: record for record in records[start:] if record["type"] == "finding"}

    def story_ids(self) -> list[str]:
        """Return the story of each line."""
        return [record["story"] for record in self.results() if record["type"] == "update"]


def novelty_by_claim(findings: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {claim: finding["novelty"] for claim, finding in findings.items()}


def finding_after(now: str, *earlier: str, hours_later: float = 3.0) -> dict[str, Any]:
    """Return the finding of a sentence that one source publishes after those of others, from 1 March 2026 on."""
    stream = ReplayStream()
    for number, sentence in enumerate(earlier):
        stream.say(f"wire{number}", "a", sentence, title="Morning bulletin")
    stream.say("desk", "b", now, title="Evening bulletin", hours_later=hours_later)
    return stream.last_findings()[now]
