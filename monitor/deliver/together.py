"""How a message that gathered alerts is told: why they stand together, and under which headings. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from monitor.model import Alert, Reason

WHY = {
    Reason.DIGEST: "{:,} alerts since the last digest, story by story, most severe first. All are in the history.",
    Reason.QUIET_HOURS: "{:,} alerts came in quiet hours, the most severe first. All are in the history.",
}
STORM = "{:,} alerts came close together and are told in one message, the most severe first. All are in the history."


def why_together(number: int, gathers: Reason | None) -> str:
    """Why so many alerts stand in one message; "" for none."""
    return (WHY.get(gathers, STORM) if gathers else STORM).format(number) if number else ""


def story_by_story(alerts: Sequence[Alert]) -> tuple[Alert, ...]:
    """The alerts of one story together, rule by rule: the most severe first, among and within the stories."""
    ranked = sorted(alerts, key=lambda alert: -alert.severity.rank)
    stories: dict[str, dict[str, list[Alert]]] = {}
    for alert in ranked:
        stories.setdefault(alert.story, {}).setdefault(alert.rule, []).append(alert)
    return tuple(alert for rules in stories.values() for those in rules.values() for alert in those)


def headings(alerts: Sequence[Alert]) -> Iterator[tuple[Alert, str]]:
    """Each alert with the title of its rule where a new story or rule begins, "" where it goes on."""
    for _, group in groupby(alerts, key=lambda alert: (alert.story, alert.rule)):
        first, *others = group
        yield first, first.title
        yield from ((alert, "") for alert in others)
