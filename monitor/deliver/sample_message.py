"""The sample message with every kind of finding that `check`, `preview` and `send-test` render."""

from __future__ import annotations

from monitor.evidence import Basis, Evidence
from monitor.model import (
    Alert,
    AlertFinding,
    Change,
    ChangeKind,
    FigurePoint,
    Message,
    Moment,
    Novelty,
    PriorClaim,
    Severity,
)
from monitor.units import HOUR


def sample_message(channel: str, now: Moment) -> Message:
    """Return a message of two rules with a changed, a new and a withdrawn claim, created at `now`."""
    page = "https://example.org/reports/1"
    changed = AlertFinding(
        claim="Up to 12,000 North Korean soldiers are training in the Kursk region, the directorate said.",
        novelty=Novelty.CHANGED,
        similarity=81.2,
        matched=("North Korean", "soldiers"),
        source="sample-reports",
        entry="report-1",
        entry_url=page,
        published=now - HOUR,
        nearest=PriorClaim(
            text="Around 3,000 North Korean soldiers are training in the Kursk region, the directorate said.",
            source="sample-reports",
            entry="report-1",
            at=now - 24 * HOUR,
            story="sample-story",
            url=page,
        ),
        changes=(Change(ChangeKind.NUMBER, "Around 3,000", "Up to 12,000"),),
        history=(
            FigurePoint(now - 72 * HOUR, 1500.0, "1,500", "sample-wire"),
            FigurePoint(now - 24 * HOUR, 3000.0, "Around 3,000", "sample-reports"),
            FigurePoint(now - HOUR, 12000.0, "Up to 12,000", "sample-reports"),
        ),
        also_said_by=(
            PriorClaim(
                text="As many as 12,000 North Korean soldiers are in training in the Kursk region.",
                source="sample-wire",
                entry="wire-1",
                at=now - HOUR / 2,
                story="sample-story",
                url="https://example.org/wire/1",
            ),
        ),
    )
    new = AlertFinding(
        claim="The first contingent reached the border on Sunday.",
        novelty=Novelty.NEW,
        similarity=22.0,
        matched=("contingent",),
        source="sample-reports",
        entry="report-1",
        entry_url=page,
        published=now - HOUR,
        nearest=None,
        changes=(),
        also_on=(
            PriorClaim(
                text="The first contingent reached the border on Sunday.",
                source="sample-reports",
                entry="report-2",
                at=now - HOUR,
                story="sample-story",
                title="Situation in the border region",
                url="https://example.org/report-2",
            ),
        ),
        evidence=Evidence(Basis.NOTHING_SIMILAR),
    )
    withdrawn = AlertFinding(
        claim="The soldiers will return home before winter.",
        novelty=Novelty.WITHDRAWN,
        similarity=0.0,
        matched=("soldiers",),
        source="sample-reports",
        entry="report-1",
        entry_url=page,
        published=now - HOUR,
        nearest=None,
        changes=(),
    )
    return Message(
        id=f"sample-{int(now)}",
        channel=channel,
        thread="sample-story",
        created=now,
        alerts=(
            _sample_alert("sample-deployment", "Sample: troops deployed", Severity.HIGH, (changed, new), now),
            _sample_alert("sample-denials", "Sample: claims withdrawn", Severity.LOW, (withdrawn,), now),
        ),
    )


def _sample_alert(
    rule: str, title: str, severity: Severity, findings: tuple[AlertFinding, ...], now: Moment
) -> Alert:
    return Alert(
        id=f"{rule}-{int(now)}",
        rule=rule,
        title=title,
        severity=severity,
        story="sample-story",
        reason="a sample that shows what an alert looks like",
        url=findings[0].entry_url,
        at=now,
        findings=findings,
    )
