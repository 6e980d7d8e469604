"""How a message that gathered alerts is told: why they stand together, and under which headings. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from monitor.model import Alert, AlertFinding, Reason

Key: TypeAlias = tuple[str, str, str]

WHY = {
    Reason.DIGEST: "{:,} alerts since the last digest, rule by rule, the most severe first. All are in the history.",
    Reason.QUIET_HOURS: "{:,} alerts came in quiet hours, the most severe first. All are in the history.",
}
STORM = "{:,} alerts came close together and are told in one message, the most severe first. All are in the history."


def why_together(number: int, gathers: Reason | None) -> str:
    """Why so many alerts stand in one message; "" for none."""
    return (WHY.get(gathers, STORM) if gathers else STORM).format(number) if number else ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding stands: `heading` is its rule's title where that begins; does it follow its story up?"""

    heading: str = ""
    follows: bool = False


def rule_by_rule(alerts: Sequence[Alert]) -> tuple[Alert, ...]:
    """The alerts of one rule together, story by story: the most severe first, among and within rules and stories."""
    rules: dict[str, dict[str, list[Alert]]] = {}
    for alert in sorted(alerts, key=lambda alert: -alert.severity.rank):
        rules.setdefault(alert.rule, {}).setdefault(alert.story, []).append(alert)
    return tuple(alert for stories in rules.values() for those in stories.values() for alert in those)


def places(alerts: Sequence[Alert]) -> dict[Key, Place]:
    """Where each finding of alerts in the order of `rule_by_rule` stands, by the first rule that it met.

    Where all are of one rule there is no heading: the message's own title names it.
    """
    found: dict[Key, Place] = {}
    rule = "" if several_rules(alerts) else alerts[0].rule
    for (name, _), of_story in groupby(alerts, key=lambda alert: (alert.rule, alert.story)):
        follows = False
        for title, key in [(alert.title, key_of(finding)) for alert in of_story for finding in alert.findings]:
            if key not in found:
                found[key] = Place("" if name == rule else title, follows)
                rule, follows = name, True
    return found


def several_rules(alerts: Sequence[Alert]) -> int:
    """How many rules the alerts are of; 0 for one."""
    rules = len({alert.rule for alert in alerts})
    return rules if rules > 1 else 0


def key_of(finding: AlertFinding) -> Key:
    """What makes it the same finding, whichever rule it met."""
    return finding.source, finding.entry, finding.claim
