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

from monitor.deliver.grouping import (
    FindingKey,
    FindingPlacement,
    batch_sentence,
    finding_key,
    placements,
    rule_count_if_several,
)
from monitor.deliver.headline import Headline, finding_headline
from monitor.deliver.sanitize import safe_web_link, sanitize, shorten
from monitor.deliver.word_diff import highlight, word_diff
from monitor.model import (
    Alert,
    AlertFinding,
    Change,
    FigurePoint,
    Message,
    Moment,
    Novelty,
    PriorClaim,
    Reason,
    Severity,
)
from monitor.serialize import EPOCH, MAX_ISO_MOMENT, MIN_ISO_MOMENT

TemplateContext: TypeAlias = dict[str, Any]

MAX_NAME_CHARS, MAX_TITLE_CHARS, MAX_SHOWN_REASON_CHARS, MAX_CHANGE_CHARS = 80, 200, 300, 120  # characters
MAX_LISTED_RULES = 10  # in a message
MAX_OTHER_SOURCES = 3  # others that are named as saying the same
NO_TEXT = "(no text)"
MIN_CHART_POINTS = 3  # times that a figure must have been told of before its history says more than before and after

URGENT_PREFIXES = {Severity.HIGH: "[HIGH] ", Severity.CRITICAL: "[CRITICAL] "}


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a channel shows: findings in a message, characters of a claim, changes of a finding."""

    findings: int
    claim: int
    changes: int = 6


def template_context(message: Message, limits: Limits, timezone: ZoneInfo, web_url: str | None) -> TemplateContext:
    """What the templates of a channel see of a message."""
    lead = message.alerts[0]
    findings = distinct_findings(message.alerts)
    shown = findings[: limits.findings]
    base_url = (web_url or "").rstrip("/")
    batched = batched_alert_count(message)
    placement_by_key = placements(message.alerts) if batched else {}
    lead_headline = (
        finding_headline(findings[0])
        if findings and not batched
        else Headline(shorten(_message_title(message, batched), MAX_TITLE_CHARS))
    )
    lead_headline = lead_headline if lead_headline.current else Headline(_alert_title(lead))
    return {
        "headline": str(lead_headline),
        "now": lead_headline.current,
        "was": lead_headline.previous,
        "urgent": URGENT_PREFIXES.get(lead.severity, ""),
        "severity": str(lead.severity),
        "title": "" if batched and rule_count_if_several(message.alerts) else _alert_title(lead),
        "source": shorten(sanitize(findings[0].source), MAX_NAME_CHARS) if findings and not batched else "",
        "channel": shorten(sanitize(message.channel), MAX_NAME_CHARS),
        "url": "" if batched else safe_web_link(lead.url),
        "web_url": safe_web_link(f"{base_url}/" if batched else f"{base_url}/alerts/{lead.id}") if base_url else "",
        "silence_url": safe_web_link(f"{base_url}/messages/{message.id}/silence") if base_url and findings else "",
        "id": sanitize(lead.id),
        "message_id": sanitize(message.id),
        "at": format_time(lead.at, timezone),
        "rolled": batched,
        "together": batch_sentence(batched, message.batch_reason),
        "since_last": shorten(sanitize(lead.since_last or ""), limits.claim),
        "latest": "",
        "note": "",
        "findings": [
            _finding_context(finding, limits, timezone)
            | _placement_context(placement_by_key.get(finding_key(finding), FindingPlacement()))
            for finding in shown
        ],
        "more": len(findings) - len(shown),
        "rules": [_rule_context(alert) for alert in _first_alert_per_rule(message.alerts)[:MAX_LISTED_RULES]],
    }


def batched_alert_count(message: Message) -> int:
    """How many alerts a message brings together that are about several things; 0 for a message about one entry."""
    subjects = {(finding.source, finding.entry) for alert in message.alerts for finding in alert.findings}
    subjects |= {(alert.title, alert.reason) for alert in message.alerts if not alert.findings}
    return len(message.alerts) if len(message.alerts) > 1 and len(subjects) > 1 else 0


def _alert_title(alert: Alert) -> str:
    """What the alert is about, whatever is missing."""
    return shorten(sanitize(alert.title) or sanitize(alert.rule) or "An alert without a title", MAX_TITLE_CHARS)


def _message_title(message: Message, batched: int) -> str:
    """The lead's title; of a roll-up how many alerts of what it is."""
    title, rules = sanitize(message.alerts[0].title), rule_count_if_several(message.alerts)
    if not batched:
        return title
    summary = f"{batched:,} alerts of {rules} rules" if rules else f"{batched:,} alerts: {title}"
    return f"Digest: {summary}" if message.batch_reason is Reason.DIGEST else summary


def format_time(moment: Moment, timezone: ZoneInfo) -> str:
    """`14 Dec 2026, 18:05 EET`."""
    at = local_time(moment, timezone)
    return f"{at.day} {at:%b %Y, %H:%M %Z}"


def format_day(moment: Moment, timezone: ZoneInfo) -> str:
    """`14 Dec`."""
    at = local_time(moment, timezone)
    return f"{at.day} {at:%b}"


def local_time(moment: Moment, timezone: ZoneInfo) -> datetime:
    """A moment on the reader's clock."""
    # A day inside either end, so that no time zone leaves the calendar.
    clamped = min(max(moment, MIN_ISO_MOMENT + 86400), MAX_ISO_MOMENT - 86400)
    return (EPOCH + timedelta(seconds=clamped)).astimezone(timezone)


def distinct_findings(alerts: Iterable[Alert]) -> list[AlertFinding]:
    """Each finding once, in order, however many rules it met; what met any of them is marked."""
    by_key: dict[FindingKey, AlertFinding] = {}
    for finding in (finding for alert in alerts for finding in alert.findings):
        earlier = by_key.get(finding_key(finding))
        matched = dict.fromkeys((earlier.matched if earlier else ()) + finding.matched)
        by_key[finding_key(finding)] = replace(earlier or finding, matched=tuple(matched))
    return list(by_key.values())


def _placement_context(placement: FindingPlacement) -> TemplateContext:
    return {"heading": shorten(sanitize(placement.heading), MAX_TITLE_CHARS), "follows": placement.continues_story}


def _first_alert_per_rule(alerts: Sequence[Alert]) -> list[Alert]:
    """The first alert of each rule, and every notice."""
    return list({(alert.rule, "" if alert.findings else alert.id): alert for alert in reversed(alerts)}.values())[
        ::-1
    ]


def _rule_context(alert: Alert) -> TemplateContext:
    return {
        "name": shorten(sanitize(alert.rule), MAX_NAME_CHARS),
        "title": _alert_title(alert),
        "severity": str(alert.severity),
        "reason": shorten(sanitize(alert.reason), MAX_SHOWN_REASON_CHARS),
    }


def _finding_context(finding: AlertFinding, limits: Limits, timezone: ZoneInfo) -> TemplateContext:
    claim = shorten(sanitize(finding.claim), limits.claim) or NO_TEXT
    matched = [sanitize(phrase) for phrase in finding.matched]
    is_withdrawn = finding.novelty is Novelty.WITHDRAWN
    return {
        "claim": claim,
        "marked": [{"text": span.text, "matched": span.matched} for span in highlight(claim, matched)],
        "novelty": str(finding.novelty),
        "withdrawn": is_withdrawn,
        "similarity": round(finding.similarity),
        "headline": str(finding_headline(finding)),
        "source": shorten(sanitize(finding.source), MAX_NAME_CHARS),
        "url": safe_web_link(finding.entry_url),
        "published": format_time(finding.published, timezone),
        "changes": [_change_context(change) for change in finding.changes[: limits.changes]],
        "nearest": None if is_withdrawn else _prior_context(finding.nearest, limits, timezone),
        "diff": _diff_context(finding, claim, limits),
        "history": _chart_context(finding.history, timezone),
        "also_said_by": [_attribution(prior, timezone) for prior in finding.also_said_by[:MAX_OTHER_SOURCES]],
        "also_more": max(0, len(finding.also_said_by) - MAX_OTHER_SOURCES),
    }


def _change_context(change: Change) -> TemplateContext:
    before, after = (shorten(sanitize(text), MAX_CHANGE_CHARS) for text in (change.before, change.after))
    return {"kind": str(change.kind), "before": before, "after": after}


def _chart_context(history: Sequence[FigurePoint], timezone: ZoneInfo) -> list[TemplateContext]:
    """Where a figure stood; two stands are told without a chart."""
    return history_context(history, timezone) if len(history) >= MIN_CHART_POINTS else []


def history_context(history: Sequence[FigurePoint], timezone: ZoneInfo) -> list[TemplateContext]:
    """Where a figure stood, oldest first, with its share of the highest."""
    highest = max((point.value for point in history), default=0.0)
    return [
        {
            "at": format_time(point.at, timezone),
            "day": format_day(point.at, timezone),
            "text": shorten(sanitize(point.text), MAX_CHANGE_CHARS),
            "source": shorten(sanitize(point.source), MAX_NAME_CHARS),
            "share": round(100 * max(point.value, 0.0) / highest) if highest > 0 else 0,
        }
        for point in history
    ]


def _prior_context(prior: PriorClaim | None, limits: Limits, timezone: ZoneInfo) -> TemplateContext | None:
    text = shorten(sanitize(prior.text), limits.claim) if prior else ""
    return {"text": text} | _attribution(prior, timezone) if prior and text else None


def _attribution(prior: PriorClaim, timezone: ZoneInfo) -> TemplateContext:
    """Who said it, when and where."""
    return {
        "source": shorten(sanitize(prior.source), MAX_NAME_CHARS),
        "at": format_time(prior.at, timezone),
        "url": safe_web_link(prior.url),
    }


def _diff_context(finding: AlertFinding, claim: str, limits: Limits) -> list[TemplateContext]:
    """What a changed claim was, beside what it is; empty where nothing moved or a diff would not be readable."""
    if finding.novelty is not Novelty.CHANGED or finding.nearest is None:
        return []
    spans = word_diff(shorten(sanitize(finding.nearest.text), limits.claim), claim)
    return [{"text": span.text, "state": span.state} for span in spans or ()]
