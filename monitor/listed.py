"""The JSON of listings, the same from commands and from the web. Times are ISO 8601 in UTC, to the second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from monitor.deliver.headline import news_of
from monitor.deliver.payload import iso as exactly
from monitor.deliver.waits import OPEN, wait_of

if TYPE_CHECKING:
    from monitor.alerts.account import Account
    from monitor.alerts.answers import Answer
    from monitor.alerts.silences import Silence
    from monitor.alerts.upkeep import Notice
    from monitor.alerts.voices import Voice
    from monitor.model import Moment
    from monitor.store.reports import AlertRow, DeliveryRow, Status

MOMENTS = ("last_poll", "next_poll", "oldest_owed", "rules_refused_at")


def iso(moment: Moment | None) -> str | None:
    """ISO 8601 in UTC, to the second."""
    return None if moment is None else exactly(moment // 1)


def notice_json(notice: Notice) -> dict[str, Any]:
    """What the operator is to know of a source, and since when."""
    return {"kind": notice.kind, "said": notice.said, "since": iso(notice.since)}


def delivery_json(row: DeliveryRow, now: Moment) -> dict[str, Any]:
    """How a delivery stands; `due` is None once nothing is to be tried any more, `why` says why it waits."""
    fields = asdict(row) | {name: iso(getattr(row, name)) for name in ("sent_at", "held_until")}
    del fields["leased_until"]
    return fields | {"due": iso(row.due) if row.state in OPEN else None, "why": why(row, now)}


def happened(row: DeliveryRow, now: Moment) -> str:
    """What a delivery waits for, and what went wrong or what the other side said."""
    return "; ".join(part for part in (why(row, now), row.error or row.detail) if part)


def answer_json(answer: Answer) -> dict[str, Any]:
    """What somebody answered to an alert."""
    return {"said": str(answer.said), "at": iso(answer.at), "by": answer.by, "note": answer.note}


def why(row: DeliveryRow, now: Moment) -> str | None:
    """Why a delivery has not been sent yet, and until when; None if nothing is owed any more."""
    wait = wait_of(row, now)
    if wait is None:
        return None
    return wait.why if wait.until is None else f"{wait.why}, until {iso(wait.until)}"


def silence_json(silence: Silence, now: Moment) -> dict[str, Any]:
    """A silence, and whether it is still active."""
    return {
        "id": silence.id,
        "state": state_of(silence, now),
        "rule": silence.rule,
        "source": silence.source,
        "story": silence.story,
        "match": silence.match,
        "mode": str(silence.mode),
        "claims": list(silence.claims),
        "reason": silence.reason,
        "by": silence.by,
        "made": iso(silence.made),
        "until": iso(silence.until),
    }


def state_of(silence: Silence, now: Moment) -> str:
    """`active` or `ended`."""
    return "active" if silence.until > now else "ended"


def status_json(found: Status) -> dict[str, Any]:
    """How things stand."""
    return asdict(found) | {name: iso(getattr(found, name)) for name in MOMENTS}


def account_json(found: Account, told: Sequence[tuple[AlertRow, Answer | None]]) -> dict[str, Any]:
    """A story: who tells of it, each figure of it over time, and its alerts with what was answered to each."""
    return {
        "story": found.id,
        "lead": found.lead,
        "opened": iso(found.opened),
        "last": iso(found.last),
        "independent": found.independent,
        "sources": [voice_json(one) for one in found.voices],
        "figures": [[asdict(stood) | {"at": iso(stood.at)} for stood in course] for course in found.figures],
        "alerts": [told_json(row, answer) for row, answer in told],
    }


def told_json(row: AlertRow, answer: Answer | None) -> dict[str, Any]:
    """An alert among others, with what was answered to it."""
    alert = row.alert
    named = {"id": alert.id, "at": iso(alert.at), "rule": alert.rule, "severity": str(alert.severity)}
    return named | {"headline": news_of(alert), "answer": answer and str(answer.said)}


def voice_json(one: Voice) -> dict[str, Any]:
    """A source that tells of a story, and whom it repeats."""
    first = {"source": one.source, "at": iso(one.first.at), "url": one.first.url}
    return first | {"claims": one.claims, "copies": one.copies or None}
