"""What people answer to an alert: that they have seen it and it was rightly told, or that it was not news. Pure."""

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
    """A claim and what was said before it, with the novelty that a person gives it: what `calibrate` reads."""

    a: str
    b: str
    context: str
    label: str


@dataclass(frozen=True, slots=True)
class Feedback:
    """One answer to an alert, with the alert's claims as pairs."""

    alert_id: str
    kind: FeedbackKind
    at: Moment
    by: str = ""
    note: str = ""
    pairs: tuple[LabeledPair, ...] = ()


def build_feedback(alert: Alert, kind: FeedbackKind, *, by: str, note: str, now: Moment) -> Feedback:
    """The answer, with a pair for each finding that stood beside an earlier claim."""
    return Feedback(alert.id, kind, now, by, note, tuple(labeled_pairs(alert, kind)))


def labeled_pairs(alert: Alert, kind: FeedbackKind) -> Iterator[LabeledPair]:
    """What was not news repeats what was said before; what was rightly told is what it was told as."""
    for finding in alert.findings:
        if finding.nearest is not None and finding.novelty is not Novelty.WITHDRAWN:
            label = Novelty.REPEATED if kind is FeedbackKind.NOT_NEWS else finding.novelty
            yield LabeledPair(finding.nearest.text, finding.claim, finding_relation(finding), label.value)


def finding_relation(finding: AlertFinding) -> str:
    """`revision` if the earlier claim stood in the same entry."""
    prior = finding.nearest
    is_same_entry = prior is not None and (prior.source, prior.entry) == (finding.source, finding.entry)
    return (Relation.REVISION if is_same_entry else Relation.ELSEWHERE).value


def build_mute(alert: Alert, feedback: Feedback, memory: float) -> Silence:
    """The mute of what is like an alert that was not news, for its rule and as long as the memory goes back."""
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
    """A labelled pair as the store, `monitor answers --pairs` and `monitor calibrate` have it."""
    return {"a": pair.a, "b": pair.b, "context": pair.context, "label": pair.label}


def pair_from(data: dict[str, str]) -> LabeledPair:
    """The pair that `pair_json` wrote."""
    return LabeledPair(a=data["a"], b=data["b"], context=data["context"], label=data["label"])
