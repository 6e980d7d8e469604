"""Stable ids of alerts and messages, and the order of the alerts in a message."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from monitor.model import Alert, Message, Moment


def build_message(channel: str, alerts: Sequence[Alert], now: Moment) -> Message:
    """Build a message of alerts, most severe first. Its thread is their story, or its own if they have several."""
    ranked = tuple(sorted(alerts, key=lambda alert: -alert.severity.rank))
    id, stories = stable_id("msg", channel, *(a.id for a in ranked)), {alert.story for alert in ranked}
    return Message(id, channel, ranked[0].story if len(stories) == 1 else id, now, ranked)


def stable_id(kind: str, *parts: str) -> str:
    """Return an id that depends only on the arguments, so that work repeated after a crash gives the same id."""
    return f"{kind}-{blake2b(chr(10).join(parts).encode('utf-8', 'replace'), digest_size=10).hexdigest()}"


def group_by_rule(alerts: Sequence[Alert]) -> tuple[Alert, ...]:
    """Order alerts by rule, then by story, with the most severe first at each level."""
    rules: dict[str, dict[str, list[Alert]]] = {}
    for alert in sorted(alerts, key=lambda alert: -alert.severity.rank):
        rules.setdefault(alert.rule, {}).setdefault(alert.story, []).append(alert)
    return tuple(alert for stories in rules.values() for story_alerts in stories.values() for alert in story_alerts)
