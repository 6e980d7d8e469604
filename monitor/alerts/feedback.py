"""Answers to alerts: `ack` confirms that an alert was right, `not news` mutes similar findings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from monitor.alerts.silences import Silence, SilenceMode
from monitor.model import Alert, AlertFinding, Moment, Novelty, Relation


class FeedbackKind(StrEnum):
    ACK = "ack"
    NOT_NEWS = "not news"


@dataclass(frozen=True, slots=True)
class LabeledPair:
    """A prior claim (`a`), a claim (`b`) and the novelty that a person gave it: the input of `monitor calibrate`."""

    a: str
    b: str
    context: str
    label: str


@dataclass(frozen=True, slots=True)
class Feedback:
    """One answer to an alert. It gets labeled pairs from the alert's findings when it is stored."""

    alert_id: str
    kind: FeedbackKind
    at: Moment
    by: str = ""
    note: str = ""
    pairs: tuple[LabeledPair, ...] = ()


def labeled_pairs(alert: Alert, kind: FeedbackKind) -> Iterator[LabeledPair]:
    """Yield a pair for each finding with a prior claim: repeated if it was not news, else its novelty."""
    for finding in alert.findings:
        if finding.nearest is not None and finding.novelty is not Novelty.WITHDRAWN:
            label = Novelty.REPEATED if kind is FeedbackKind.NOT_NEWS else finding.novelty
            yield LabeledPair(finding.nearest.text, finding.claim, finding_relation(finding), label.value)


def finding_relation(finding: AlertFinding) -> str:
    """Return `revision` if the prior claim is of the same entry, else `elsewhere`."""
    prior = finding.nearest
    is_same_entry = prior is not None and (prior.source, prior.entry) == (finding.source, finding.entry)
    return (Relation.REVISION if is_same_entry else Relation.ELSEWHERE).value


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


def pair_json(pair: LabeledPair) -> dict[str, str]:
    """Return a pair in the form of the store, `monitor answers --pairs` and `monitor calibrate`."""
    return {"a": pair.a, "b": pair.b, "context": pair.context, "label": pair.label}


def pair_from(data: dict[str, str]) -> LabeledPair:
    """Return the pair that `pair_json` wrote."""
    return LabeledPair(a=data["a"], b=data["b"], context=data["context"], label=data["label"])
