"""Ids of alerts and messages, and the message that alerts make: the same parts always give the same id. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from monitor.model import Alert, Message, Moment


def build_message(channel: str, alerts: Sequence[Alert], now: Moment) -> Message:
    """A message with its alerts, most severe first; the first one's story is its thread."""
    ranked = tuple(sorted(alerts, key=lambda alert: -alert.severity.rank))
    return Message(stable_id("msg", channel, *(a.id for a in ranked)), channel, ranked[0].story, now, ranked)


def stable_id(kind: str, *parts: str) -> str:
    """An id that the same parts always give, so that a try repeated after a crash bears the same one."""
    return f"{kind}-{blake2b(chr(10).join(parts).encode('utf-8', 'replace'), digest_size=10).hexdigest()}"


def group_by_rule(alerts: Sequence[Alert]) -> tuple[Alert, ...]:
    """The alerts of one rule together, story by story: the most severe first, among and within rules and stories."""
    rules: dict[str, dict[str, list[Alert]]] = {}
    for alert in sorted(alerts, key=lambda alert: -alert.severity.rank):
        rules.setdefault(alert.rule, {}).setdefault(alert.story, []).append(alert)
    return tuple(alert for stories in rules.values() for story_alerts in stories.values() for alert in story_alerts)
