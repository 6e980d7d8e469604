"""What people answer to an alert: that they have seen it and it was rightly told, or that it was not news. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from monitor.alerts.silences import Mode, Silence
from monitor.model import Alert, AlertFinding, Context, Moment, Novelty


class Said(StrEnum):
    ACK = "ack"
    NOT_NEWS = "not news"


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim and what was said before it, with the novelty that a person gives it: what `calibrate` reads."""

    a: str
    b: str
    context: str
    label: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to an alert, with the alert's claims as pairs."""

    alert: str
    said: Said
    at: Moment
    by: str = ""
    note: str = ""
    pairs: tuple[Pair, ...] = ()


def answer_to(alert: Alert, said: Said, *, by: str, note: str, now: Moment) -> Answer:
    """The answer, with a pair for each finding that stood beside an earlier claim."""
    return Answer(alert.id, said, now, by, note, tuple(pairs_of(alert, said)))


def pairs_of(alert: Alert, said: Said) -> Iterator[Pair]:
    """What was not news repeats what was said before; what was rightly told is what it was told as."""
    for finding in alert.findings:
        if finding.nearest is not None and finding.novelty is not Novelty.WITHDRAWN:
            label = Novelty.REPEATED if said is Said.NOT_NEWS else finding.novelty
            yield Pair(finding.nearest.text, finding.claim, context_of(finding), label.value)


def context_of(finding: AlertFinding) -> str:
    """`revision` if the earlier claim stood in the same entry."""
    near = finding.nearest
    same = near is not None and (near.source, near.entry) == (finding.source, finding.entry)
    return (Context.REVISION if same else Context.ELSEWHERE).value


def mute_for(alert: Alert, answer: Answer, memory: float) -> Silence:
    """The mute of what is like an alert that was not news, for its rule and as long as the memory goes back."""
    claims = tuple(dict.fromkeys(finding.claim for finding in alert.findings))
    why = answer.note or f"alert {alert.id} was not news"
    return Silence(
        0,
        why,
        answer.at,
        answer.at + memory,
        rule=alert.rule,
        by=answer.by,
        mode=Mode.LIKE,
        claims=claims,
    )


def pair_json(pair: Pair) -> dict[str, str]:
    """A labelled pair as the store, `monitor answers --pairs` and `monitor calibrate` have it."""
    return {"a": pair.a, "b": pair.b, "context": pair.context, "label": pair.label}


def pair_from(data: dict[str, str]) -> Pair:
    """The pair that `pair_json` wrote."""
    return Pair(a=data["a"], b=data["b"], context=data["context"], label=data["label"])
