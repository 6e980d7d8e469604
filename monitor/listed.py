"""The JSON of listings, the same from commands and from the web. Times are ISO 8601 in UTC, to the second."""

from __future__ import annotations

from collections.abc import Sequence
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


def iso(moment: Moment | None) -> str | None:
    """ISO 8601 in UTC, to the second."""
    return None if moment is None else exactly(moment // 1)


def notice_json(notice: Notice) -> dict[str, Any]:
    """What the operator is to know of a source, and since when."""
    return {"kind": notice.kind, "said": notice.said, "since": iso(notice.since)}


def delivery_json(row: DeliveryRow, now: Moment) -> dict[str, Any]:
    """How a delivery stands; `due` is None once nothing is to be tried any more, `why` says why it waits."""
    return {
        "id": row.id,
        "alert": row.alert,
        "title": row.title,
        "channel": row.channel,
        "message": row.message,
        "state": row.state,
        "attempts": row.attempts,
        "due": iso(row.due) if row.state in OPEN else None,
        "error": row.error,
        "detail": row.detail,
        "sent_at": iso(row.sent_at),
        "waits": row.waits,
        "headline": row.headline,
        "behind": row.behind,
        "held_until": iso(row.held_until),
        "why": why(row, now),
    }


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
    return {
        "sources": found.sources,
        "messages": found.messages,
        "entries": found.entries,
        "updates": found.updates,
        "claims": found.claims,
        "stories": found.stories,
        "alerts": found.alerts,
        "alerts_today": found.alerts_today,
        "held": found.held,
        "last_poll": iso(found.last_poll),
        "next_poll": iso(found.next_poll),
        "oldest_owed": iso(found.oldest_owed),
        "decided_today": found.decided_today,
        "rules_refused_at": iso(found.rules_refused_at),
        "rules_refused": list(found.rules_refused),
        "notices": found.notices,
    }


def account_json(found: Account, told: Sequence[tuple[AlertRow, Answer | None]]) -> dict[str, Any]:
    """A story: who tells of it, each figure of it over time, and its alerts with what was answered to each."""
    return {
        "story": found.id,
        "lead": found.lead,
        "opened": iso(found.opened),
        "last": iso(found.last),
        "independent": found.independent,
        "sources": [voice_json(one) for one in found.voices],
        "figures": [
            [
                {"at": iso(stood.at), "value": stood.value, "text": stood.text, "source": stood.source}
                for stood in course
            ]
            for course in found.figures
        ],
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
