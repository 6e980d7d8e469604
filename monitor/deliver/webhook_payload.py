"""Build the `data` of a webhook post within the size that receivers accept.

`split_into_posts` divides the alerts of a message by what the store has of them, so the groups are the same at every
try. What is looked up for a try, the other sources and pages, only fills the space that remains.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from monitor.deliver.headline import alert_headline
from monitor.model import Alert, Message
from monitor.serialize import alert_to_json

MAX_POST_ALERTS = 200
MAX_FINDINGS_BYTES = 450_000  # sent twice, in `findings` and in `alerts`: many receivers accept up to a megabyte
MAX_SPLIT_BYTES = 400_000  # of several alerts, as stored; what remains is for other sources and pages
LOOKED_UP_KEYS = ("also_said_by", "also_on")  # of a finding, as of the time of a try


def split_into_posts(alerts: Sequence[Alert]) -> list[list[Alert]]:
    """Divide the alerts of a message into groups that each fit into one post, the most severe first."""
    groups: list[list[Alert]] = [[]]
    group_bytes = 0
    for alert in sorted(alerts, key=lambda alert: -alert.severity.rank):
        alert_json = alert_to_json(alert)
        alert_bytes = bytes_without_findings(alert_json) + sum(map(stored_bytes, alert_json["findings"]))
        group_bytes += alert_bytes
        if groups[-1] and (len(groups[-1]) == MAX_POST_ALERTS or group_bytes > MAX_SPLIT_BYTES):
            groups.append([])
            group_bytes = alert_bytes
        groups[-1].append(alert)
    return groups


def alert_payload(alert: Alert, web_url: str | None = None) -> dict[str, Any]:
    """Return an alert as in the `data` of a webhook. `web_url` is the public URL of the web UI."""
    page = f"{web_url.rstrip('/')}/alerts/{alert.id}" if web_url else None
    return {**alert_to_json(alert), "headline": alert_headline(alert), "web_url": page}


def webhook_payload(message: Message, web_url: str | None = None) -> dict[str, Any]:
    """Return the webhook's `data`: the most severe alert, with the findings, rules and alerts of the whole message.

    `findings` has the findings of all alerts, each once. `more` counts the alerts that follow in further posts, and
    `left_out` the findings that do not fit into this one.
    """
    all_alerts = [alert_payload(alert, web_url) for alert in message.alerts]
    alerts = fit_looked_up(*fit_findings(all_alerts))
    left_out = sum(
        len(every["findings"]) - len(kept["findings"]) for every, kept in zip(all_alerts, alerts, strict=True)
    )
    return {
        **alerts[0],
        "findings": distinct_finding_json(alerts),
        "rules": list(dict.fromkeys(alert.rule for alert in message.alerts)),
        "alerts": alerts,
        "more": message.following_alerts,
        "left_out": left_out,
    }


def event_type(message: Message) -> str:
    """Return the `type` of the post."""
    return "alert.created" if message.update is None else "alert.updated"


def fit_findings(alerts: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], int]:
    """Return the alerts with the findings that fit, with at least one, and the number of bytes that remain."""
    fitting: list[dict[str, Any]] = []
    remaining_bytes = MAX_FINDINGS_BYTES
    for alert_json in alerts:
        findings: list[dict[str, Any]] = []
        for finding in alert_json["findings"]:
            remaining_bytes -= stored_bytes(finding)
            if remaining_bytes < 0 and (findings or fitting):
                break
            findings.append(finding)
        fitting.append({**alert_json, "findings": findings})
    return fitting, remaining_bytes


def fit_looked_up(alerts: Sequence[dict[str, Any]], remaining_bytes: int) -> list[dict[str, Any]]:
    """Return the alerts without the other sources and pages of the findings for which no space remains."""
    remaining_bytes -= sum(bytes_without_findings(alert_json) for alert_json in alerts)

    def fitted(finding: dict[str, Any]) -> dict[str, Any]:
        nonlocal remaining_bytes
        looked_up_bytes = _json_bytes(finding) - stored_bytes(finding)
        if looked_up_bytes > max(remaining_bytes, 0):
            return finding | {key: [] for key in LOOKED_UP_KEYS}
        remaining_bytes -= looked_up_bytes
        return finding

    return [{**alert, "findings": [fitted(finding) for finding in alert["findings"]]} for alert in alerts]


def distinct_finding_json(alerts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the findings of all alerts, each once, with the words that matched in the first alert."""
    distinct: dict[tuple[str, ...], dict[str, Any]] = {}
    for finding in (finding for alert in alerts for finding in alert["findings"]):
        distinct.setdefault(tuple(finding[key] for key in ("source", "entry", "claim", "novelty")), finding)
    return list(distinct.values())


def bytes_without_findings(alert_json: dict[str, Any]) -> int:
    """Return the size of an alert's JSON without its findings."""
    return _json_bytes(alert_json | {"findings": ()})


def stored_bytes(finding: dict[str, Any]) -> int:
    """Return the size of a finding's JSON as it is in the store."""
    return _json_bytes(finding | dict.fromkeys(LOOKED_UP_KEYS, ()))


def _json_bytes(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
