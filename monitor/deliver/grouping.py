"""How a message that gathered alerts is told: why they stand together, and under which headings. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from monitor.model import Alert, AlertFinding, Reason

FindingKey: TypeAlias = tuple[str, str, str]
BATCH_SENTENCES = {
    Reason.DIGEST: "{:,} alerts since the last digest, rule by rule, the most severe first. All are in the history.",
    Reason.QUIET_HOURS: "{:,} alerts came in quiet hours, the most severe first. All are in the history.",
}
FLOOD_SENTENCE = (
    "{:,} alerts came close together and are told in one message, the most severe first. All are in the history."
)


def batch_sentence(count: int, batch_reason: Reason | None) -> str:
    """Why so many alerts stand in one message; "" for none."""
    return (
        (BATCH_SENTENCES.get(batch_reason, FLOOD_SENTENCE) if batch_reason else FLOOD_SENTENCE).format(count)
        if count
        else ""
    )


@dataclass(frozen=True, slots=True)
class FindingPlacement:
    """Where a finding stands: `heading` is its rule's title where that begins; does it follow its story up?"""

    heading: str = ""
    continues_story: bool = False


def placements(alerts: Sequence[Alert]) -> dict[FindingKey, FindingPlacement]:
    """Where each finding of alerts in the order of `rule_by_rule` stands, by the first rule that it met.

    Where all are of one rule there is no heading: the message's own title names it.
    """
    by_key: dict[FindingKey, FindingPlacement] = {}
    current_rule = "" if rule_count_if_several(alerts) else alerts[0].rule
    for (name, _), story_alerts in groupby(alerts, key=lambda alert: (alert.rule, alert.story)):
        continues_story = False
        for title, key in [
            (alert.title, finding_key(finding)) for alert in story_alerts for finding in alert.findings
        ]:
            if key not in by_key:
                by_key[key] = FindingPlacement("" if name == current_rule else title, continues_story)
                current_rule, continues_story = name, True
    return by_key


def rule_count_if_several(alerts: Sequence[Alert]) -> int:
    """How many rules the alerts are of; 0 for one."""
    rules = len({alert.rule for alert in alerts})
    return rules if rules > 1 else 0


def finding_key(finding: AlertFinding) -> FindingKey:
    """What makes it the same finding, whichever rule it met."""
    return finding.source, finding.entry, finding.claim
