"""How a message that combines alerts explains and orders them: a sentence and headings. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from monitor.model import Alert, AlertFinding, Reason

FindingKey: TypeAlias = tuple[str, str, str]
BATCH_SENTENCES = {
    Reason.DIGEST: "{:,} alerts since the last digest, grouped by rule, most severe first. All are in the history.",
    Reason.QUIET_HOURS: "{:,} alerts were raised in quiet hours, most severe first. All are in the history.",
}
FLOOD_SENTENCE = "{:,} alerts were raised within a short time, most severe first. All are in the history."


def batch_sentence(count: int, batch_reason: Reason | None) -> str:
    """Return why a message combines `count` alerts, or "" if `count` is 0."""
    if count == 0:
        return ""
    sentence = BATCH_SENTENCES.get(batch_reason, FLOOD_SENTENCE) if batch_reason else FLOOD_SENTENCE
    return sentence.format(count)


@dataclass(frozen=True, slots=True)
class FindingPlacement:
    """The place of a finding in a message that combines alerts.

    `heading` is the title of its rule if the section of that rule begins here, else "". `continues_story` is true if
    the finding above it belongs to the same rule and story.
    """

    heading: str = ""
    continues_story: bool = False


def placements(alerts: Sequence[Alert]) -> dict[FindingKey, FindingPlacement]:
    """Place each finding under the first rule that it matched. `alerts` are in the order of `group_by_rule`.

    There are no headings if all alerts are of one rule: the message's own title names it.
    """
    by_key: dict[FindingKey, FindingPlacement] = {}
    current_rule = "" if rule_count_if_several(alerts) else alerts[0].rule
    for (rule, _), story_alerts in groupby(alerts, key=lambda alert: (alert.rule, alert.story)):
        continues_story = False
        for alert in story_alerts:
            for key in map(finding_key, alert.findings):
                if key not in by_key:
                    heading = "" if rule == current_rule else alert.title
                    by_key[key] = FindingPlacement(heading, continues_story)
                    current_rule, continues_story = rule, True
    return by_key


def rule_count_if_several(alerts: Sequence[Alert]) -> int:
    """Return the number of rules that the alerts are of, or 0 if there is only one."""
    rules = len({alert.rule for alert in alerts})
    return rules if rules > 1 else 0


def finding_key(finding: AlertFinding) -> FindingKey:
    """Return what identifies a finding, regardless of the rules it matched."""
    return finding.source, finding.entry, finding.claim
