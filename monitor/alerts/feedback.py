"""Answers to alerts: `ack` confirms that an alert was right, `not news` mutes similar findings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from monitor.alerts.silences import Silence, SilenceMode
from monitor.compare.pairs import ClaimPair
from monitor.model import Alert, AlertFinding, Moment, Novelty, PriorClaim, Relation


class FeedbackKind(StrEnum):
    ACK = "ack"
    NOT_NEWS = "not news"


@dataclass(frozen=True, slots=True)
class Feedback:
    """One answer to an alert. It gets labeled pairs from the alert's findings when it is stored."""

    alert_id: str
    kind: FeedbackKind
    at: Moment
    by: str = ""
    note: str = ""
    pairs: tuple[ClaimPair, ...] = ()


def labeled_pairs(alert: Alert, kind: FeedbackKind) -> Iterator[ClaimPair]:
    """Yield a pair for each finding with a prior claim: repeated if it was not news, else its novelty."""
    for finding in alert.findings:
        if finding.nearest is not None and finding.novelty is not Novelty.WITHDRAWN:
            label = Novelty.REPEATED if kind is FeedbackKind.NOT_NEWS else finding.novelty
            yield ClaimPair(
                finding.nearest.text,
                finding.claim,
                relation_to(finding, finding.nearest),
                label,
                titles=(finding.nearest.title, finding.entry_title),
                published=(finding.nearest.at, finding.published),
            )


def relation_to(finding: AlertFinding, prior: PriorClaim) -> Relation:
    is_same_entry = (prior.source, prior.entry) == (finding.source, finding.entry)
    return Relation.REVISION if is_same_entry else Relation.ELSEWHERE


def build_mute(alert: Alert, feedback: Feedback, memory: float) -> Silence:
    """Build a mute, for `memory` seconds, of findings that resemble an alert's, for its rule."""
    claims = tuple(dict.fromkeys(finding.claim for finding in alert.findings))
    reason = feedback.note or f"alert {alert.id} was not news"
    return Silence(
        0,
        reason,
        feedback.at,
        feedback.at + memory,
        rule=alert.rule,
        by=feedback.by,
        mode=SilenceMode.NOT_NEWS,
        claims=claims,
    )
