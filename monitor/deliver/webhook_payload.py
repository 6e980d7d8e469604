"""Build the `data` of a webhook post within the size that receivers accept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from monitor.deliver.headline import alert_headline
from monitor.model import Alert, Message
from monitor.serialize import alert_to_json

MAX_PAYLOAD_ALERTS = 200
MAX_FINDINGS_BYTES = 450_000  # sent twice, in `findings` and in `alerts`: many receivers accept up to a megabyte


def alert_payload(alert: Alert, web_url: str | None = None) -> dict[str, Any]:
    """Return an alert as in the `data` of a webhook. `web_url` is the public URL of the web UI."""
    page = f"{web_url.rstrip('/')}/alerts/{alert.id}" if web_url else None
    return {**alert_to_json(alert), "headline": alert_headline(alert), "web_url": page}


def webhook_payload(message: Message, web_url: str | None = None) -> dict[str, Any]:
    """Return the webhook's `data`: the most severe alert, with the findings, rules and alerts of the whole message.

    `findings` has the findings of all alerts, each once. If not all alerts fit, the most severe ones are included;
    `more` counts the other alerts and `left_out` the findings omitted from the included ones.
    """
    alerts, left_out = fit_alerts([alert_payload(alert, web_url) for alert in message.alerts[:MAX_PAYLOAD_ALERTS]])
    rules = list(dict.fromkeys(alert.rule for alert in message.alerts))
    more = len(message.alerts) - len(alerts)
    return {
        **alerts[0],
        "findings": distinct_finding_json(alerts),
        "rules": rules,
        "alerts": alerts,
        "more": more,
        "left_out": left_out,
    }


def event_type(message: Message) -> str:
    """Return the `type` of the post."""
    return "alert.created" if message.update is None else "alert.updated"


def fit_alerts(alerts: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], int]:
    """Return the alerts that fit, with at least one finding, and the number of findings omitted from them."""
    kept: list[dict[str, Any]] = []
    remaining_bytes, left_out = MAX_FINDINGS_BYTES, 0
    for alert_json in alerts:
        findings: list[dict[str, Any]] = []
        for finding in alert_json["findings"]:
            remaining_bytes -= len(json.dumps(finding, ensure_ascii=False).encode("utf-8", "replace"))
            if remaining_bytes < 0 and (findings or kept):
                break
            findings.append(finding)
        if alert_json["findings"] and not findings:
            break
        left_out += len(alert_json["findings"]) - len(findings)
        kept.append({**alert_json, "findings": findings})
    return kept, left_out


def distinct_finding_json(alerts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the findings of all alerts, each once, with the words that matched in the first alert."""
    distinct: dict[tuple[str, ...], dict[str, Any]] = {}
    for finding in (finding for alert in alerts for finding in alert["findings"]):
        distinct.setdefault(tuple(finding[key] for key in ("source", "entry", "claim", "novelty")), finding)
    return list(distinct.values())
