"""The JSON of listings, the same from commands and from the web. Times are ISO 8601 in UTC, to the second."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from monitor.deliver.payload import iso as exactly

if TYPE_CHECKING:
    from monitor.alerts.account import Account
    from monitor.alerts.silences import Silence
    from monitor.alerts.upkeep import Notice
    from monitor.alerts.voices import Voice
    from monitor.model import Moment
    from monitor.store.reports import DeliveryRow, Status

OPEN = ("pending", "retrying")
MOMENTS = ("last_poll", "next_poll", "oldest_owed", "rules_refused_at")


def iso(moment: Moment | None) -> str | None:
    """ISO 8601 in UTC, to the second."""
    return None if moment is None else exactly(moment // 1)


def notice_json(notice: Notice) -> dict[str, Any]:
    """What the operator is to know of a source, and since when."""
    return {"kind": notice.kind, "said": notice.said, "since": iso(notice.since)}


def delivery_json(row: DeliveryRow) -> dict[str, Any]:
    """How a delivery stands; `due` is None once nothing is to be tried any more."""
    return asdict(row) | {"due": iso(row.due) if row.state in OPEN else None, "sent_at": iso(row.sent_at)}


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


def account_json(found: Account) -> dict[str, Any]:
    """A story: who tells of it, and each figure of it over time."""
    return {
        "story": found.id,
        "lead": found.lead,
        "opened": iso(found.opened),
        "last": iso(found.last),
        "independent": found.independent,
        "sources": [voice_json(one) for one in found.voices],
        "figures": [[asdict(stood) | {"at": iso(stood.at)} for stood in course] for course in found.figures],
    }


def voice_json(one: Voice) -> dict[str, Any]:
    """A source that tells of a story, and whom it repeats."""
    first = {"source": one.source, "at": iso(one.first.at), "url": one.first.url}
    return first | {"claims": one.claims, "copies": one.copies or None}
