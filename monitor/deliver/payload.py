"""Alerts as JSON: the webhook's `data`, the line `replay` prints, and how the store keeps an alert.

One shape for all three, so what was sent can be read back from what is kept. Times are ISO 8601 in UTC, to
the microsecond.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.model import Alert, AlertFinding, Change, Kind, Message, Moment, Novelty, Said, Severity, Stood

MOST, ROOM = 200, 450_000  # alerts in one body, and bytes for their findings: many receivers take up to a megabyte
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST, LATEST = -62135596800.0, 253402300799.0  # the years 1 and 9999: feeds state others


def iso(moment: Moment) -> str:
    """`2026-01-01T00:00:00Z`, with microseconds only when there are some."""
    at = EPOCH + timedelta(seconds=min(max(moment, EARLIEST), LATEST))
    return at.replace(tzinfo=None).isoformat() + "Z"


def moment(text: str) -> Moment:
    """What `iso` wrote, as a moment. ValueError for anything else."""
    return (datetime.fromisoformat(text) - EPOCH).total_seconds()


def payload(message: Message) -> dict[str, Any]:
    """The webhook's `data`: the most severe alert, with the findings, rules and alerts of the whole message.

    Who reads `findings` alone misses none; one that several rules met stands there once. Where there is no room for
    all, the most severe alerts are there; `more` counts the others, `left_out` the findings missing in those.
    """
    alerts, left_out = fitted(message.alerts[:MOST])
    rules = list(dict.fromkeys(alert.rule for alert in message.alerts))
    more = len(message.alerts) - len(alerts)
    return {
        **alerts[0],
        "findings": findings_of(alerts),
        "rules": rules,
        "alerts": alerts,
        "more": more,
        "left_out": left_out,
    }


def fitted(alerts: Sequence[Alert]) -> tuple[list[dict[str, Any]], int]:
    """The alerts as far as there is room for their findings, the first finding in any case; how many are left out."""
    told: list[dict[str, Any]] = []
    left, left_out = ROOM, 0
    for whole in map(alert_data, alerts):
        findings: list[dict[str, Any]] = []
        for finding in whole["findings"]:
            left -= len(json.dumps(finding, ensure_ascii=False).encode("utf-8", "replace"))
            if left < 0 and (findings or told):
                break
            findings.append(finding)
        if whole["findings"] and not findings:
            break
        left_out += len(whole["findings"]) - len(findings)
        told.append({**whole, "findings": findings})
    return told, left_out


def findings_of(alerts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The findings of all the alerts, the same one once, with the words by which the first of them met it."""
    once: dict[tuple[str, ...], dict[str, Any]] = {}
    for finding in (finding for alert in alerts for finding in alert["findings"]):
        once.setdefault(tuple(finding[key] for key in ("source", "entry", "claim", "novelty")), finding)
    return list(once.values())


def alert_data(alert: Alert) -> dict[str, Any]:
    """One alert as plain JSON values."""
    return {
        "id": alert.id,
        "since_last": alert.since_last,
        "rule": alert.rule,
        "title": alert.title,
        "severity": str(alert.severity),
        "story": alert.story,
        "reason": alert.reason,
        "url": alert.url,
        "at": iso(alert.at),
        "findings": [_finding_data(finding) for finding in alert.findings],
    }


def alert_from(data: dict[str, Any]) -> Alert:
    """The alert that `alert_data` wrote. KeyError or ValueError for anything else."""
    return Alert(
        id=data["id"],
        rule=data["rule"],
        title=data["title"],
        severity=Severity(data["severity"]),
        story=data["story"],
        reason=data["reason"],
        url=data["url"],
        at=moment(data["at"]),
        findings=tuple(_finding_from(finding) for finding in data["findings"]),
        since_last=data["since_last"],
    )


def _finding_data(finding: AlertFinding) -> dict[str, Any]:
    return {
        "claim": finding.claim,
        "novelty": str(finding.novelty),
        "similarity": finding.similarity,
        "matched": list(finding.matched),
        "source": finding.source,
        "entry": finding.entry,
        "entry_url": finding.entry_url,
        "published": iso(finding.published),
        "story": finding.story,
        "nearest": _said_data(finding.nearest) if finding.nearest else None,
        "changes": [change_data(change) for change in finding.changes],
        "history": [
            {"at": iso(stood.at), "value": stood.value, "text": stood.text, "source": stood.source}
            for stood in finding.history
        ],
        "also_said_by": [_said_data(said) for said in finding.also_said_by],
    }


def change_data(change: Change) -> dict[str, str]:
    """What moved, as plain JSON values."""
    return {"kind": str(change.kind), "before": change.before, "after": change.after}


def _finding_from(data: dict[str, Any]) -> AlertFinding:
    return AlertFinding(
        claim=data["claim"],
        novelty=Novelty(data["novelty"]),
        similarity=data["similarity"],
        matched=tuple(data["matched"]),
        source=data["source"],
        entry=data["entry"],
        entry_url=data["entry_url"],
        published=moment(data["published"]),
        story=data.get("story", ""),
        nearest=_said_from(data["nearest"]) if data["nearest"] else None,
        changes=tuple(Change(Kind(change["kind"]), change["before"], change["after"]) for change in data["changes"]),
        history=tuple(
            Stood(moment(stood["at"]), stood["value"], stood["text"], stood["source"])
            for stood in data.get("history", ())  # alerts of before there was one have none
        ),
        also_said_by=tuple(_said_from(said) for said in data.get("also_said_by", ())),
    )


def _said_data(said: Said) -> dict[str, Any]:
    return {
        "text": said.text,
        "source": said.source,
        "at": iso(said.at),
        "entry": said.entry,
        "story": said.story,
        "title": said.title,
        "heading": said.heading,
        "gone": None if said.gone is None else iso(said.gone),
        "url": said.url,
    }


def _said_from(data: dict[str, Any]) -> Said:
    gone = data["gone"]
    return Said(
        text=data["text"],
        source=data["source"],
        entry=data["entry"],
        at=moment(data["at"]),
        story=data["story"],
        title=data["title"],
        heading=data["heading"],
        gone=None if gone is None else moment(gone),
        url=data.get("url", ""),  # alerts of before it was kept have none
    )
