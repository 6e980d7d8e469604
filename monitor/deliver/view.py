"""The names a template sees: plain text, numbers, lists and dicts, made safe, in the reader's time zone.

Nothing callable and nothing of the program reaches a template. `docs/templates.md` describes every name, and a
test holds it to what is here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from monitor.deliver.headline import Headline, headline
from monitor.deliver.payload import EARLIEST, EPOCH, LATEST
from monitor.deliver.pieces import marked, word_diff
from monitor.deliver.safe import shorten, tame, web_link
from monitor.deliver.together import Key, Place, key_of, places, several_rules, why_together
from monitor.model import Alert, AlertFinding, Change, Message, Moment, Novelty, Reason, Said, Severity, Stood

Names: TypeAlias = dict[str, Any]

NAME, TITLE, REASON, CHANGE = 80, 200, 300, 120  # characters
RULES = 10  # in a message
SAYERS = 3  # others that are named as saying the same
NO_TEXT = "(no text)"
CHART = 3  # times that a figure must have been told of before its history says more than before and after

URGENT = {Severity.HIGH: "[HIGH] ", Severity.CRITICAL: "[CRITICAL] "}


@dataclass(frozen=True, slots=True)
class Room:
    """How much a channel shows: findings in a message, characters of a claim, changes of a finding."""

    findings: int
    claim: int
    changes: int = 6


def view(message: Message, room: Room, timezone: ZoneInfo, web_url: str | None) -> Names:
    """What the templates of a channel see of a message."""
    lead = message.alerts[0]
    findings = distinct(message.alerts)
    shown = findings[: room.findings]
    base = (web_url or "").rstrip("/")
    rolled = rolled_up(message)
    where = places(message.alerts) if rolled else {}
    news = headline(findings[0]) if findings and not rolled else Headline(shorten(_titled(message, rolled), TITLE))
    news = news if news.now else Headline(_title(lead))
    return {
        "headline": str(news),
        "now": news.now,
        "was": news.was,
        "urgent": URGENT.get(lead.severity, ""),
        "severity": str(lead.severity),
        "title": "" if rolled and several_rules(message.alerts) else _title(lead),
        "source": shorten(tame(findings[0].source), NAME) if findings and not rolled else "",
        "channel": shorten(tame(message.channel), NAME),
        "url": "" if rolled else web_link(lead.url),
        "web_url": web_link(f"{base}/" if rolled else f"{base}/alerts/{lead.id}") if base else "",
        "silence_url": web_link(f"{base}/messages/{message.id}/silence") if base and findings else "",
        "id": tame(lead.id),
        "message_id": tame(message.id),
        "at": when(lead.at, timezone),
        "rolled": rolled,
        "together": why_together(rolled, message.gathers),
        "since_last": shorten(tame(lead.since_last or ""), room.claim),
        "latest": "",
        "note": "",
        "findings": [
            _finding(finding, room, timezone) | _place(where.get(key_of(finding), Place())) for finding in shown
        ],
        "more": len(findings) - len(shown),
        "rules": [_rule(alert) for alert in _by_rule(message.alerts)[:RULES]],
    }


def rolled_up(message: Message) -> int:
    """How many alerts a message brings together that are about several things; 0 for a message about one entry."""
    about = {(finding.source, finding.entry) for alert in message.alerts for finding in alert.findings}
    about |= {(alert.title, alert.reason) for alert in message.alerts if not alert.findings}
    return len(message.alerts) if len(message.alerts) > 1 and len(about) > 1 else 0


def _title(alert: Alert) -> str:
    """What the alert is about, whatever is missing."""
    return shorten(tame(alert.title) or tame(alert.rule) or "An alert without a title", TITLE)


def _titled(message: Message, rolled: int) -> str:
    """The lead's title; of a roll-up how many alerts of what it is."""
    title, rules = tame(message.alerts[0].title), several_rules(message.alerts)
    if not rolled:
        return title
    what = f"{rolled:,} alerts of {rules} rules" if rules else f"{rolled:,} alerts: {title}"
    return f"Digest: {what}" if message.gathers is Reason.DIGEST else what


def when(moment: Moment, timezone: ZoneInfo) -> str:
    """`14 Dec 2026, 18:05 EET`."""
    at = local(moment, timezone)
    return f"{at.day} {at:%b %Y, %H:%M %Z}"


def day(moment: Moment, timezone: ZoneInfo) -> str:
    """`14 Dec`."""
    at = local(moment, timezone)
    return f"{at.day} {at:%b}"


def local(moment: Moment, timezone: ZoneInfo) -> datetime:
    """A moment on the reader's clock."""
    # A day inside either end, so that no time zone leaves the calendar.
    inside = min(max(moment, EARLIEST + 86400), LATEST - 86400)
    return (EPOCH + timedelta(seconds=inside)).astimezone(timezone)


def distinct(alerts: Iterable[Alert]) -> list[AlertFinding]:
    """Each finding once, in order, however many rules it met; what met any of them is marked."""
    found: dict[Key, AlertFinding] = {}
    for finding in (finding for alert in alerts for finding in alert.findings):
        known = found.get(key_of(finding))
        matched = dict.fromkeys((known.matched if known else ()) + finding.matched)
        found[key_of(finding)] = replace(known or finding, matched=tuple(matched))
    return list(found.values())


def _place(place: Place) -> Names:
    return {"heading": shorten(tame(place.heading), TITLE), "follows": place.follows}


def _by_rule(alerts: Sequence[Alert]) -> list[Alert]:
    """The first alert of each rule, and every notice."""
    return list({(alert.rule, "" if alert.findings else alert.id): alert for alert in reversed(alerts)}.values())[
        ::-1
    ]


def _rule(alert: Alert) -> Names:
    return {
        "name": shorten(tame(alert.rule), NAME),
        "title": _title(alert),
        "severity": str(alert.severity),
        "reason": shorten(tame(alert.reason), REASON),
    }


def _finding(finding: AlertFinding, room: Room, timezone: ZoneInfo) -> Names:
    claim = shorten(tame(finding.claim), room.claim) or NO_TEXT
    matched = [tame(words) for words in finding.matched]
    withdrawn = finding.novelty is Novelty.WITHDRAWN
    return {
        "claim": claim,
        "marked": [{"text": piece.text, "matched": piece.matched} for piece in marked(claim, matched)],
        "novelty": str(finding.novelty),
        "withdrawn": withdrawn,
        "similarity": round(finding.similarity),
        "headline": str(headline(finding)),
        "source": shorten(tame(finding.source), NAME),
        "url": web_link(finding.entry_url),
        "published": when(finding.published, timezone),
        "changes": [_change(change) for change in finding.changes[: room.changes]],
        "nearest": None if withdrawn else _said(finding.nearest, room, timezone),
        "diff": _diff(finding, claim, room),
        "history": _history(finding.history, timezone),
        "also_said_by": [_sayer(said, timezone) for said in finding.also_said_by[:SAYERS]],
        "also_more": max(0, len(finding.also_said_by) - SAYERS),
    }


def _change(change: Change) -> Names:
    before, after = (shorten(tame(text), CHANGE) for text in (change.before, change.after))
    return {"kind": str(change.kind), "before": before, "after": after}


def _history(history: Sequence[Stood], timezone: ZoneInfo) -> list[Names]:
    """Where a figure stood; two stands are told without a chart."""
    return history_names(history, timezone) if len(history) >= CHART else []


def history_names(history: Sequence[Stood], timezone: ZoneInfo) -> list[Names]:
    """Where a figure stood, oldest first, with its share of the highest."""
    highest = max((stood.value for stood in history), default=0.0)
    return [
        {
            "at": when(stood.at, timezone),
            "day": day(stood.at, timezone),
            "text": shorten(tame(stood.text), CHANGE),
            "source": shorten(tame(stood.source), NAME),
            "share": round(100 * max(stood.value, 0.0) / highest) if highest > 0 else 0,
        }
        for stood in history
    ]


def _said(said: Said | None, room: Room, timezone: ZoneInfo) -> Names | None:
    text = shorten(tame(said.text), room.claim) if said else ""
    return {"text": text} | _sayer(said, timezone) if said and text else None


def _sayer(said: Said, timezone: ZoneInfo) -> Names:
    """Who said it, when and where."""
    return {
        "source": shorten(tame(said.source), NAME),
        "at": when(said.at, timezone),
        "url": web_link(said.url),
    }


def _diff(finding: AlertFinding, claim: str, room: Room) -> list[Names]:
    """What a changed claim was, beside what it is; empty where nothing moved or a diff would not be readable."""
    if finding.novelty is not Novelty.CHANGED or finding.nearest is None:
        return []
    pieces = word_diff(shorten(tame(finding.nearest.text), room.claim), claim)
    return [{"text": piece.text, "state": piece.state} for piece in pieces or ()]
