"""The variables of the page templates, one function per kind of row.

Alerts have the variables that message templates see. Text from feeds is sanitized here; templates escape it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from monitor.alerts.feedback import Feedback, FeedbackKind
from monitor.alerts.silences import Silence
from monitor.alerts.source_notices import SourceNotice
from monitor.alerts.story_summary import StorySummary
from monitor.deliver.delivery_status import WaitReason, wait_reason
from monitor.deliver.display_time import format_time
from monitor.deliver.finding_context import (
    MAX_NAME_CHARS,
    MAX_SHOWN_REASON_CHARS,
    MAX_TITLE_CHARS,
    Limits,
)
from monitor.deliver.headline import alert_headline
from monitor.deliver.render_settings import RenderSettings
from monitor.deliver.sanitize import safe_web_link, sanitize, shorten
from monitor.deliver.template_context import template_context
from monitor.deliver.word_diff import matched_ranges, split_pieces
from monitor.listings import public_url, silence_state
from monitor.model import OPEN_DELIVERY_STATES, Message, Moment
from monitor.serialize import format_iso
from monitor.sources.state import SourceState
from monitor.store.reports.alerts import AlertRow
from monitor.store.reports.deliveries import DeliveryRow

PageContext: TypeAlias = dict[str, Any]

NO_LEADS: Mapping[str, str] = {}
RETRIED_STATES = ("dead", "retrying")  # of deliveries
DELIVERY_CHECKBOX = "delivery:"  # how the name of its box begins
MAX_MATCHED_CLAIM_CHARS = 600
LISTED_ALERT_LIMITS = Limits(findings=3, claim=320, changes=3)  # an alert in a list
ALERT_PAGE_LIMITS = Limits(findings=500, claim=4000, changes=50)  # an alert's own page


def alert_context(row: AlertRow, limits: Limits, timezone: ZoneInfo) -> PageContext:
    """The variables of message templates, plus the paths of the alert's page and its rule's alerts."""
    alert = row.alert
    message_context = template_context(
        Message(alert.id, "", alert.story, alert.at, (alert,)), limits, RenderSettings(timezone)
    )
    return message_context | {
        "path": f"/alerts/{alert.id}",
        "rule": shorten(sanitize(alert.rule), MAX_NAME_CHARS),
        "rule_path": rule_alerts_path(alert.rule),
        "story": sanitize(alert.story),
        "counted": shorten(sanitize(alert.counted), MAX_TITLE_CHARS),
        "reason": shorten(sanitize(alert.reason), MAX_SHOWN_REASON_CHARS),
        "iso": format_iso(alert.at // 1),
    }


def alert_summary_context(row: AlertRow, answer: Feedback | None, timezone: ZoneInfo) -> PageContext:
    """A row in the list of a story's alerts: headline, severity and answer."""
    alert = row.alert
    return {
        "path": f"/alerts/{alert.id}",
        "headline": alert_headline(alert),
        "title": shorten(sanitize(alert.title or alert.rule), MAX_TITLE_CHARS),
        "severity": str(alert.severity),
        "at": format_time(alert.at, timezone),
        "answer": answer and answer_context(answer, timezone),
    }


def story_context(summary: StorySummary, timezone: ZoneInfo) -> PageContext:
    """A story with its sources."""
    return {
        "id": sanitize(summary.id),
        "lead": shorten(sanitize(summary.lead), MAX_TITLE_CHARS),
        "opened": format_time(summary.opened_at, timezone),
        "last": format_time(summary.last_at, timezone),
        "independent": summary.independent_count,
        "is_of_rule": summary.is_of_rule,
        "source_reports": [
            {
                "source": shorten(sanitize(report.source), MAX_NAME_CHARS),
                "url": safe_web_link(report.first_claim.url),
                "at": format_time(report.first_claim.at, timezone),
                "claims": report.claim_count,
                "copies": shorten(sanitize(report.copied_from), MAX_NAME_CHARS),
                "said": shorten(sanitize(report.first_claim.text), MAX_TITLE_CHARS),
            }
            for report in summary.source_reports
        ],
    }


def matched_pieces(claim: str, words: Iterable[str]) -> list[PageContext]:
    """A claim in pieces, each with whether it matched: those that are one of `words`."""
    text = shorten(sanitize(claim), MAX_MATCHED_CLAIM_CHARS)
    pieces = split_pieces(text, matched_ranges(text, map(sanitize, words)), ())
    return [{"text": piece.text, "matched": piece.matched} for piece in pieces]


def rule_alerts_path(rule: str) -> str:
    """Return the path of the list of one rule's alerts."""
    return f"/alerts?{urlencode({'rule': rule})}"


def source_context(row: SourceState, timezone: ZoneInfo, now: Moment) -> PageContext:
    """A source and its state. `url` is "" if the address may contain a secret; it is then shown without a link."""
    shown_url = public_url(row.url)
    return {
        "name": shorten(sanitize(row.name), MAX_NAME_CHARS),
        "path": source_path(row.name),
        "kind": row.kind,
        "state": row.state,
        "entries": row.entries,
        "error": shorten(sanitize(row.error or ""), MAX_SHOWN_REASON_CHARS),
        "address": shorten(sanitize(shown_url.partition("//")[2]), MAX_NAME_CHARS),
        "url": safe_web_link(row.url) if shown_url == row.url else "",
        "last_good": past_time_context(row.last_good, timezone, now),
        "next_poll": future_time_context(row.next_poll, timezone, now),
        "is_paused": row.paused_at is not None,
        "notices": [notice_context(notice, timezone, now) for notice in row.notices],
    }


def notice_context(notice: SourceNotice, timezone: ZoneInfo, now: Moment) -> PageContext:
    text = shorten(sanitize(notice.text), MAX_SHOWN_REASON_CHARS)
    return {"kind": notice.kind, "text": text, "since": past_time_context(notice.since, timezone, now)}


def delivery_context(row: DeliveryRow, timezone: ZoneInfo, now: Moment) -> PageContext:
    """A delivery and its state; `next_try`, `sent` and `wait` may be None."""
    return {
        "id": row.id,
        "path": f"/alerts/{row.alert_id}",
        "title": shorten(sanitize(row.title), MAX_TITLE_CHARS),
        "headline": shorten(sanitize(row.headline), MAX_TITLE_CHARS),
        "channel": shorten(sanitize(row.channel), MAX_NAME_CHARS),
        "state": row.state,
        "checkbox": f"{DELIVERY_CHECKBOX}{row.id}",
        "can_retry": row.state in RETRIED_STATES,
        "attempts": row.attempts,
        "next_try": future_time_context(row.due, timezone, now) if row.state in OPEN_DELIVERY_STATES else None,
        "sent": past_time_context(row.sent_at, timezone, now),
        "error": shorten(sanitize(row.error or ""), MAX_SHOWN_REASON_CHARS),
        "detail": shorten(sanitize(row.detail or ""), MAX_SHOWN_REASON_CHARS),
        "wait": wait_context(wait_reason(row, now), timezone, now),
    }


def wait_context(wait: WaitReason | None, timezone: ZoneInfo, now: Moment) -> PageContext | None:
    """Why a delivery waits, and until when; None if it does not wait."""
    if wait is None:
        return None
    until = None if wait.until is None else future_time_context(wait.until, timezone, now)
    return {"reason": wait.text, "until": until}


def refusal_context(
    refused_at: Moment | None, problems: Sequence[str], timezone: ZoneInfo, now: Moment
) -> PageContext | None:
    """When the rules on disk were rejected, and why; None if they are in use."""
    if refused_at is None:
        return None
    return {
        "at": past_time_context(refused_at, timezone, now),
        "problems": [shorten(sanitize(sentence), MAX_SHOWN_REASON_CHARS) for sentence in problems],
    }


def answer_context(answer: Feedback, timezone: ZoneInfo) -> PageContext:
    """An answer, and who gave it."""
    labels = {FeedbackKind.ACK: "Seen, and news", FeedbackKind.NOT_NEWS: "Not news: similar alerts are muted"}
    return {
        "label": labels[answer.kind],
        "by": author_shown(answer.by),
        "note": shorten(sanitize(answer.note), MAX_SHOWN_REASON_CHARS),
        "when": format_time(answer.at, timezone),
    }


def author_shown(name: str) -> str:
    """Return who answered an alert or made a silence, "" if that was done on these pages without a name."""
    return "" if name == "web" else shorten(sanitize(name), MAX_NAME_CHARS)


def silence_context(
    silence: Silence, timezone: ZoneInfo, now: Moment, leads: Mapping[str, str] = NO_LEADS
) -> PageContext:
    """A silence and its state; `leads` maps stories to their first claims."""
    return {
        "id": silence.id,
        "state": silence_state(silence, now),
        "what": shorten(sanitize(silence.summary), MAX_SHOWN_REASON_CHARS),
        "story": sanitize(silence.story or ""),
        "lead": shorten(sanitize(leads.get(silence.story or "", "")), MAX_TITLE_CHARS),
        "reason": shorten(sanitize(silence.reason), MAX_SHOWN_REASON_CHARS),
        "by": author_shown(silence.by),
        "created": past_time_context(silence.made, timezone, now),
        "until": time_context(silence.until, timezone, relative_time(silence.until - now)),
    }


def past_time_context(moment: Moment | None, timezone: ZoneInfo, now: Moment) -> PageContext | None:
    """A moment in ISO 8601, in local time and relative to now; None for None."""
    return None if moment is None else time_context(moment, timezone, relative_time(moment - now))


def future_time_context(moment: Moment, timezone: ZoneInfo, now: Moment) -> PageContext:
    """The same for an upcoming moment; its distance is `due` once it has passed."""
    return time_context(moment, timezone, relative_time(moment - now) if moment > now else "due")


def time_context(moment: Moment, timezone: ZoneInfo, distance: str) -> PageContext:
    return {"iso": format_iso(moment // 1), "when": format_time(moment, timezone), "distance": distance}


def relative_time(seconds: float) -> str:
    """Return `in 4 min`, `now`, `3 h ago`."""
    magnitude = abs(seconds)
    for unit_seconds, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if magnitude >= unit_seconds:
            amount = f"{magnitude / unit_seconds:.0f} {unit}"
            return f"in {amount}" if seconds > 0 else f"{amount} ago"
    return "now"


def duration(seconds: float) -> str:
    """Return `4 min`, `3 h` or `2 d`."""
    return relative_time(seconds).removeprefix("in ")


def source_path(name: str) -> str:
    """Return the path of a source's page."""
    return f"/sources/{quote(name, safe='')}"
