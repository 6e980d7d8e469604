"""When a rule fires over a sequence of texts, as in the tests of rule files."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.assess import Policy
from monitor.backtest.rule_sequences import play_sequence
from monitor.model import Alert
from monitor.ruleset.rule import Rule, RuleTest, SequenceItem

SEQUENCE_START = 1_767_225_600.0  # 2026-01-01T00:00:00Z


def timed_text(
    at: float, text: str | None = None, *, title: str = "", source: str = "agency", entry: str = ""
) -> SequenceItem:
    """Return a text that is seen `at` seconds after the start; None: time passes."""
    return SequenceItem(text=text, at=at, title=title, source=source, entry=entry)


def alerts_by_step(rule: Rule, steps: Sequence[SequenceItem], policy: Policy) -> list[list[Alert]]:
    """Return the alerts that the rule sends since the step before, for each step in the order of their times."""
    ordered = sorted(steps, key=lambda step: step.at or 0.0)
    test = RuleTest(sequence=tuple(ordered), at=SEQUENCE_START)
    outcomes = play_sequence(test, rule, policy.rules, policy.source_tags)
    return [[*outcome.due_before, *outcome.alerts] for outcome in outcomes]


def firing_times(rule: Rule, steps: Sequence[SequenceItem], policy: Policy) -> list[float]:
    """Return the seconds after the start at which the rule sends an alert, oldest first, until the last step."""
    return [alert.at - SEQUENCE_START for sent in alerts_by_step(rule, steps, policy) for alert in sent]
