"""Build the `data` of a webhook post, and fit it to what receivers accept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from monitor.model import Alert, Message
from monitor.serialize import alert_to_json

MAX_PAYLOAD_ALERTS, MAX_FINDINGS_BYTES = (
    200,
    450_000,
)  # alerts in one body, and bytes for their findings: many receivers take up to a megabyte


def webhook_payload(message: Message) -> dict[str, Any]:
    """The webhook's `data`: the most severe alert, with the findings, rules and alerts of the whole message.

    Who reads `findings` alone misses none; one that several rules met stands there once. Where there is no room for
    all, the most severe alerts are there; `more` counts the others, `left_out` the findings missing in those.
    """
    alerts, left_out = fit_alerts(message.alerts[:MAX_PAYLOAD_ALERTS])
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


def fit_alerts(alerts: Sequence[Alert]) -> tuple[list[dict[str, Any]], int]:
    """The alerts as far as there is room for their findings, the first finding in any case; how many are left out."""
    kept: list[dict[str, Any]] = []
    remaining_bytes, left_out = MAX_FINDINGS_BYTES, 0
    for alert_json in map(alert_to_json, alerts):
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
    """The findings of all the alerts, the same one once, with the words by which the first of them met it."""
    distinct: dict[tuple[str, ...], dict[str, Any]] = {}
    for finding in (finding for alert in alerts for finding in alert["findings"]):
        distinct.setdefault(tuple(finding[key] for key in ("source", "entry", "claim", "novelty")), finding)
    return list(distinct.values())
