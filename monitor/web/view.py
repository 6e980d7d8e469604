"""The names that page templates see: what alerts are, as messages show them, and how sources and deliveries stand.

What feeds said is tamed here; templates escape it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from monitor.alerts.account import Account
from monitor.alerts.answers import Answer, Said
from monitor.alerts.silences import Silence
from monitor.alerts.upkeep import Notice
from monitor.deliver.headline import news_of
from monitor.deliver.payload import iso
from monitor.deliver.safe import shorten, tame, web_link
from monitor.deliver.view import NAME, REASON, TITLE, Room, history_names, view, when
from monitor.deliver.waits import OPEN, Wait, wait_of
from monitor.listed import state_of
from monitor.model import Message, Moment
from monitor.store.reports import AlertRow, DeliveryRow
from monitor.store.sources import SourceRow

Names: TypeAlias = dict[str, Any]

NOTHING: Mapping[str, str] = {}
COURSES = 20  # figures of a story on its page, those that moved most often
BRIEF = Room(findings=3, claim=320, changes=3)  # an alert among others
WHOLE = Room(findings=500, claim=4000, changes=50)  # a page of its own


def alert_names(row: AlertRow, room: Room, timezone: ZoneInfo) -> Names:
    """What a message would show of the alert, and where its page and its rule's alerts are."""
    alert = row.alert
    shown = view(Message(alert.id, "", alert.story, alert.at, (alert,)), room, timezone, None)
    return shown | {
        "path": f"/alerts/{alert.id}",
        "rule": shorten(tame(alert.rule), NAME),
        "rule_path": rule_path(alert.rule),
        "story": tame(alert.story),
        "reason": shorten(tame(alert.reason), REASON),
        "iso": iso(alert.at // 1),
    }


def told_names(row: AlertRow, answer: Answer | None, timezone: ZoneInfo) -> Names:
    """An alert among others of its story: its news, and what was answered to it."""
    alert = row.alert
    return {
        "path": f"/alerts/{alert.id}",
        "headline": news_of(alert),
        "title": shorten(tame(alert.title or alert.rule), TITLE),
        "severity": str(alert.severity),
        "at": when(alert.at, timezone),
        "answer": answer and answer_names(answer, timezone),
    }


def account_names(found: Account, timezone: ZoneInfo) -> Names:
    """Who tells of a story, and each of its figures over time."""
    return {
        "id": tame(found.id),
        "lead": shorten(tame(found.lead), TITLE),
        "opened": when(found.opened, timezone),
        "last": when(found.last, timezone),
        "independent": found.independent,
        "voices": [
            {
                "source": shorten(tame(one.source), NAME),
                "url": web_link(one.first.url),
                "at": when(one.first.at, timezone),
                "claims": one.claims,
                "copies": shorten(tame(one.copies), NAME),
            }
            for one in found.voices
        ],
        "figures": [history_names(course, timezone) for course in found.figures[:COURSES]],
    }


def rule_path(rule: str) -> str:
    """The listing of one rule's alerts."""
    return f"/?{urlencode({'rule': rule})}"


def source_names(row: SourceRow, timezone: ZoneInfo, now: Moment) -> Names:
    """How a source stands. Its address is a link if nothing had to be left out of it."""
    shown = public(row.url)
    return {
        "name": shorten(tame(row.name), NAME),
        "kind": row.kind,
        "state": row.state,
        "entries": row.entries,
        "error": shorten(tame(row.error or ""), REASON),
        "address": shorten(tame(shown.partition("//")[2]), NAME),
        "url": web_link(row.url) if shown == row.url else "",
        "last_good": past(row.last_good, timezone, now),
        "next_poll": ahead(row.next_poll, timezone, now),
        "notices": [notice_names(notice, timezone, now) for notice in row.notices],
    }


def notice_names(notice: Notice, timezone: ZoneInfo, now: Moment) -> Names:
    """What the operator is to know of a source."""
    said = shorten(tame(notice.said), REASON)
    return {"kind": notice.kind, "said": said, "since": past(notice.since, timezone, now)}


def delivery_names(row: DeliveryRow, timezone: ZoneInfo, now: Moment) -> Names:
    """How a delivery stands; `next_try` and `sent` are None unless there is one."""
    return {
        "id": row.id,
        "path": f"/alerts/{row.alert}",
        "title": shorten(tame(row.title), TITLE),
        "headline": shorten(tame(row.headline), TITLE),
        "channel": shorten(tame(row.channel), NAME),
        "state": row.state,
        "attempts": row.attempts,
        "next_try": ahead(row.due, timezone, now) if row.state in OPEN else None,
        "sent": past(row.sent_at, timezone, now),
        "error": shorten(tame(row.error or ""), REASON),
        "detail": shorten(tame(row.detail or ""), REASON),
        "waits": wait_names(wait_of(row, now), timezone, now),
    }


def wait_names(wait: Wait | None, timezone: ZoneInfo, now: Moment) -> Names | None:
    """Why a delivery waits, and until when; None if it does not wait."""
    if wait is None:
        return None
    return {"why": wait.why, "until": None if wait.until is None else ahead(wait.until, timezone, now)}


def refusal_names(at: Moment | None, problems: Sequence[str], timezone: ZoneInfo, now: Moment) -> Names | None:
    """What is wrong with rules that were refused; None if none were."""
    if at is None:
        return None
    return {"at": past(at, timezone, now), "problems": [shorten(tame(one), REASON) for one in problems]}


def answer_names(answer: Answer, timezone: ZoneInfo) -> Names:
    """What was answered to an alert."""
    said = {Said.ACK: "Seen, and news", Said.NOT_NEWS: "Not news: the like is muted"}[answer.said]
    by = "" if answer.by == "web" else shorten(tame(answer.by), NAME)
    return {"said": said, "by": by, "note": shorten(tame(answer.note), REASON), "when": when(answer.at, timezone)}


def silence_names(silence: Silence, timezone: ZoneInfo, now: Moment, leads: Mapping[str, str] = NOTHING) -> Names:
    """What a silence names, why, by whom, and whether it lives. `leads` are the claims that stories began with."""
    return {
        "id": silence.id,
        "state": state_of(silence, now),
        "what": shorten(tame(silence.what), REASON),
        "story": tame(silence.story or ""),
        "lead": shorten(tame(leads.get(silence.story or "", "")), TITLE),
        "reason": shorten(tame(silence.reason), REASON),
        "by": "" if silence.by == "web" else shorten(tame(silence.by), NAME),
        "made": past(silence.made, timezone, now),
        "until": time_names(silence.until, timezone, distance(silence.until - now)),
    }


def past(moment: Moment | None, timezone: ZoneInfo, now: Moment) -> Names | None:
    """A moment for machines, on the clock, and as a distance from now; None if there was none."""
    return None if moment is None else time_names(moment, timezone, distance(moment - now))


def ahead(moment: Moment, timezone: ZoneInfo, now: Moment) -> Names:
    """The same for what is to come; once its moment has passed it is due."""
    return time_names(moment, timezone, distance(moment - now) if moment > now else "due")


def time_names(moment: Moment, timezone: ZoneInfo, distance: str) -> Names:
    return {"iso": iso(moment // 1), "when": when(moment, timezone), "distance": distance}


def distance(seconds: float) -> str:
    """`in 4 min`, `now`, `3 h ago`."""
    size = abs(seconds)
    for length, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if size >= length:
            words = f"{size / length:.0f} {unit}"
            return f"in {words}" if seconds > 0 else f"{words} ago"
    return "now"


def public(url: str) -> str:
    """An address without what is often secret in it: user, password, and what follows a question mark."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=host, query="…" if parts.query else "", fragment="").geturl()
