"""Alerts as JSON, in one form for the webhook's `data`, the output of `replay`, and the store.

The keys are a contract: receivers and stored rows depend on them, so they do not follow renamed attributes. Times are
ISO 8601 in UTC, to the microsecond.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.evidence import Basis, Evidence
from monitor.model import (
    Alert,
    AlertFinding,
    Change,
    ChangeKind,
    FigurePoint,
    Moment,
    Novelty,
    PriorClaim,
    Severity,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MIN_ISO_MOMENT, MAX_ISO_MOMENT = -62135596800.0, 253402300799.0  # the years 1 and 9999; feeds contain others


def format_iso(moment: Moment) -> str:
    """Return `2026-01-01T00:00:00Z`, with microseconds if there are any."""
    at = EPOCH + timedelta(seconds=min(max(moment, MIN_ISO_MOMENT), MAX_ISO_MOMENT))
    return at.replace(tzinfo=None).isoformat() + "Z"


def parse_iso(text: str) -> Moment:
    """Parse the output of `format_iso`. Raises ValueError for anything else."""
    return (datetime.fromisoformat(text) - EPOCH).total_seconds()


def alert_to_json(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "since_last": alert.since_last,
        "rule": alert.rule,
        "title": alert.title,
        "severity": str(alert.severity),
        "story": alert.story,
        "reason": alert.reason,
        "counted": alert.counted or None,
        "url": alert.url,
        "at": format_iso(alert.at),
        "findings": [_finding_to_json(finding) for finding in alert.findings],
        "confirms": list(alert.confirms),
    }


def alert_from_json(data: dict[str, Any]) -> Alert:
    """Return the alert that `alert_to_json` wrote. Raises KeyError or ValueError for anything else."""
    return Alert(
        id=data["id"],
        rule=data["rule"],
        title=data["title"],
        severity=Severity(data["severity"]),
        story=data["story"],
        reason=data["reason"],
        url=data["url"],
        at=parse_iso(data["at"]),
        findings=tuple(_finding_from_json(finding) for finding in data["findings"]),
        since_last=data["since_last"],
        counted=data.get("counted") or "",  # missing in alerts stored by old versions
        confirms=tuple(data.get("confirms", ())),  # missing in alerts stored by old versions
    )


def evidence_to_json(evidence: Evidence | None) -> dict[str, Any] | None:
    if evidence is None:
        return None
    return {
        "basis": str(evidence.basis),
        "unsaid": list(evidence.unsaid),
        "closest": evidence.closest or None,
        "together_with": list(evidence.together_with),
    }


def evidence_from_json(data: dict[str, Any] | None) -> Evidence | None:
    if data is None:
        return None
    return Evidence(Basis(data["basis"]), tuple(data["unsaid"]), data["closest"] or "", tuple(data["together_with"]))


def _finding_to_json(finding: AlertFinding) -> dict[str, Any]:
    return {
        "claim": finding.claim,
        "novelty": str(finding.novelty),
        "similarity": finding.similarity,
        "matched": list(finding.matched),
        "source": finding.source,
        "entry": finding.entry,
        "entry_title": finding.entry_title,
        "heading": finding.heading,
        "entry_url": finding.entry_url,
        "published": format_iso(finding.published),
        "story": finding.story,
        "bundle": finding.bundle or None,
        "nearest": _prior_to_json(finding.nearest) if finding.nearest else None,
        "changes": [change_to_json(change) for change in finding.changes],
        "history": [_point_to_json(point) for point in finding.history],
        "also_said_by": [_prior_to_json(prior) for prior in finding.also_said_by],
        "evidence": evidence_to_json(finding.evidence),
        "also_on": [_prior_to_json(prior) for prior in finding.also_on],
        "figures": [_point_to_json(point) for point in finding.figures],
    }


def change_to_json(change: Change) -> dict[str, str]:
    return {"kind": str(change.kind), "before": change.before, "after": change.after}


def _finding_from_json(data: dict[str, Any]) -> AlertFinding:
    return AlertFinding(
        claim=data["claim"],
        novelty=Novelty(data["novelty"]),
        similarity=data["similarity"],
        matched=tuple(data["matched"]),
        source=data["source"],
        entry=data["entry"],
        entry_url=data["entry_url"],
        published=parse_iso(data["published"]),
        story=data.get("story", ""),
        nearest=_prior_from_json(data["nearest"]) if data["nearest"] else None,
        changes=tuple(
            Change(ChangeKind(change["kind"]), change["before"], change["after"]) for change in data["changes"]
        ),
        history=_points_from_json(data.get("history", ())),  # missing in alerts stored by old versions
        also_said_by=tuple(_prior_from_json(prior) for prior in data.get("also_said_by", ())),
        bundle=data.get("bundle") or "",
        evidence=evidence_from_json(data.get("evidence")),
        also_on=tuple(_prior_from_json(prior) for prior in data.get("also_on", ())),
        entry_title=data.get("entry_title", ""),
        heading=data.get("heading", ""),
        figures=_points_from_json(data.get("figures", ())),
    )


def _point_to_json(point: FigurePoint) -> dict[str, Any]:
    return {"at": format_iso(point.at), "value": point.value, "text": point.text, "source": point.source}


def _points_from_json(points: Iterable[dict[str, Any]]) -> tuple[FigurePoint, ...]:
    return tuple(
        FigurePoint(parse_iso(point["at"]), point["value"], point["text"], point["source"]) for point in points
    )


def _prior_to_json(prior: PriorClaim) -> dict[str, Any]:
    return {
        "text": prior.text,
        "source": prior.source,
        "at": format_iso(prior.at),
        "entry": prior.entry,
        "story": prior.story,
        "title": prior.title,
        "heading": prior.heading,
        "gone": None if prior.withdrawn_at is None else format_iso(prior.withdrawn_at),
        "url": prior.url,
    }


def _prior_from_json(data: dict[str, Any]) -> PriorClaim:
    withdrawn_at = data["gone"]
    return PriorClaim(
        text=data["text"],
        source=data["source"],
        entry=data["entry"],
        at=parse_iso(data["at"]),
        story=data["story"],
        title=data["title"],
        heading=data["heading"],
        withdrawn_at=None if withdrawn_at is None else parse_iso(withdrawn_at),
        url=data.get("url", ""),  # missing in alerts stored by old versions
    )
