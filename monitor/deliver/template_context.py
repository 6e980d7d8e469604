"""The names that a template sees: sanitized text, numbers, lists and dicts, with times in the reader's time zone.

No callable and no object of the program reaches a template. `docs/templates.md` describes every name; a test compares
it with this module.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from monitor.alerts.merge import figures_text
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
from monitor.evidence import evidence_text
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
MAX_LISTED_RULES = 10
MAX_OTHER_SOURCES = 3  # other sources of the same claim that are named
MAX_OTHER_PAGES = 12  # pages with the same edit that are named
NO_TEXT = "(no text)"
MIN_CHART_POINTS = 3  # with two values, a chart shows only what "before" and "after" show already

CONFIRMED_PREFIX = "Confirmed: "  # for an alert that was sent as unconfirmed
URGENT_PREFIXES = {Severity.HIGH: "[HIGH] ", Severity.CRITICAL: "[CRITICAL] "}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a channel shows at most: findings in a message, characters of a claim, changes of a finding."""

    findings: int
    claim: int
    changes: int = 6


def template_context(message: Message, limits: Limits, timezone: ZoneInfo, web_url: str | None) -> TemplateContext:
    """Return what the templates of a channel see of a message: the names in docs/templates.md."""
    lead = message.alerts[0]
    findings = distinct_findings(message.alerts)
    shown = findings[: limits.findings]
    base_url = (web_url or "").rstrip("/")
    batched = batched_alert_count(message)
    placement_by_key = placements(message.alerts) if batched else {}
    rule_titles = {finding_key(finding): alert.title for alert in message.alerts[::-1] for finding in alert.findings}
    headline = _message_headline(message, findings, batched)
    confirmed = CONFIRMED_PREFIX if lead.confirms and not batched else ""
    return {
        "headline": confirmed + str(headline),
        "now": confirmed + headline.current,
        "was": headline.previous,
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
            _finding_context(finding, rule_titles[finding_key(finding)], limits, timezone)
            | _placement_context(placement_by_key.get(finding_key(finding), FindingPlacement()))
            for finding in shown
        ],
        "more": len(findings) - len(shown),
        "rules": [_rule_context(alert) for alert in _first_alert_per_rule(message.alerts)[:MAX_LISTED_RULES]],
    }


def batched_alert_count(message: Message) -> int:
    """Return the number of alerts if the message combines alerts about several entries or notices, else 0."""
    subjects = {(finding.source, finding.entry) for alert in message.alerts for finding in alert.findings}
    subjects |= {(alert.title, alert.reason) for alert in message.alerts if not alert.findings}
    return len(message.alerts) if len(message.alerts) > 1 and len(subjects) > 1 else 0


def _message_headline(message: Message, findings: Sequence[AlertFinding], batched: int) -> Headline:
    if findings and not batched:
        headline = finding_headline(findings[0], message.alerts[0].title)
    else:
        headline = Headline(shorten(_message_title(message, batched), MAX_TITLE_CHARS))
    return headline if headline.current else Headline(_alert_title(message.alerts[0]))


def _alert_title(alert: Alert) -> str:
    return shorten(sanitize(alert.title) or sanitize(alert.rule) or "Alert without a title", MAX_TITLE_CHARS)


def _message_title(message: Message, batched: int) -> str:
    """Return the title of the first alert, or a summary such as `Digest: 27 alerts of 7 rules`."""
    title, rules = sanitize(message.alerts[0].title), rule_count_if_several(message.alerts)
    if not batched:
        return title
    summary = f"{batched:,} alerts of {rules} rules" if rules else f"{batched:,} alerts: {title}"
    return f"Digest: {summary}" if message.batch_reason is Reason.DIGEST else summary


def format_time(moment: Moment, timezone: ZoneInfo) -> str:
    """Return a time such as `14 Dec 2026, 18:05 EET`."""
    at = local_time(moment, timezone)
    return f"{at.day} {at:%b %Y, %H:%M %Z}"


def format_day(moment: Moment, timezone: ZoneInfo) -> str:
    """Return a date such as `14 Dec`."""
    at = local_time(moment, timezone)
    return f"{at.day} {at:%b}"


def local_time(moment: Moment, timezone: ZoneInfo) -> datetime:
    """Return the moment in a time zone, moved into the range of datetime if it is outside."""
    # A day inside either end, so that no time zone offset leaves the range.
    clamped = min(max(moment, MIN_ISO_MOMENT + 86400), MAX_ISO_MOMENT - 86400)
    return (EPOCH + timedelta(seconds=clamped)).astimezone(timezone)


def distinct_findings(alerts: Iterable[Alert]) -> list[AlertFinding]:
    """Return each finding once, in order, with the words that matched any of the rules."""
    by_key: dict[FindingKey, AlertFinding] = {}
    for finding in (finding for alert in alerts for finding in alert.findings):
        key = finding_key(finding)
        first = by_key.get(key, finding)
        by_key[key] = replace(first, matched=tuple(dict.fromkeys(first.matched + finding.matched)))
    return list(by_key.values())


def _placement_context(placement: FindingPlacement) -> TemplateContext:
    return {"heading": shorten(sanitize(placement.heading), MAX_TITLE_CHARS), "follows": placement.continues_story}


def _first_alert_per_rule(alerts: Sequence[Alert]) -> list[Alert]:
    """Return the first alert of each rule, and every notice (an alert without findings)."""
    first_alerts = {(alert.rule, "" if alert.findings else alert.id): alert for alert in reversed(alerts)}
    return list(first_alerts.values())[::-1]


def _rule_context(alert: Alert) -> TemplateContext:
    return {
        "name": shorten(sanitize(alert.rule), MAX_NAME_CHARS),
        "title": _alert_title(alert),
        "severity": str(alert.severity),
        "reason": shorten(sanitize(alert.reason), MAX_SHOWN_REASON_CHARS),
    }


def _finding_context(finding: AlertFinding, rule_title: str, limits: Limits, timezone: ZoneInfo) -> TemplateContext:
    claim = shorten(sanitize(finding.claim), limits.claim) or NO_TEXT
    matched = [sanitize(phrase) for phrase in finding.matched]
    is_withdrawn = finding.novelty is Novelty.WITHDRAWN
    return {
        "claim": claim,
        "marked": [{"text": span.text, "matched": span.matched} for span in highlight(claim, matched)],
        "novelty": str(finding.novelty),
        "withdrawn": is_withdrawn,
        "similarity": round(finding.similarity),
        "headline": str(finding_headline(finding, rule_title)),
        "source": shorten(sanitize(finding.source), MAX_NAME_CHARS),
        "url": safe_web_link(finding.entry_url),
        "published": format_time(finding.published, timezone),
        "changes": [_change_context(change) for change in finding.changes[: limits.changes]],
        "nearest": None if is_withdrawn else _prior_context(finding.nearest, limits, timezone),
        "diff": _diff_context(finding, claim, limits),
        "history": _chart_context(finding.history, timezone),
        "figures": shorten(sanitize(figures_text([finding])), MAX_SHOWN_REASON_CHARS),
        "also_said_by": [_attribution(prior, timezone) for prior in finding.also_said_by[:MAX_OTHER_SOURCES]],
        "also_more": max(0, len(finding.also_said_by) - MAX_OTHER_SOURCES),
        "also_on": [_page(prior) for prior in finding.also_on[:MAX_OTHER_PAGES]],
        "pages_more": max(0, len(finding.also_on) - MAX_OTHER_PAGES),
        "why": shorten(sanitize(evidence_text(finding.evidence)), MAX_SHOWN_REASON_CHARS),
    }


def _page(prior: PriorClaim) -> TemplateContext:
    """Return the name and address of another page that made the same edit."""
    name = shorten(sanitize(prior.title or prior.entry), MAX_NAME_CHARS)
    return {"name": name, "url": safe_web_link(prior.url)}


def _change_context(change: Change) -> TemplateContext:
    before, after = (shorten(sanitize(text), MAX_CHANGE_CHARS) for text in (change.before, change.after))
    return {"kind": str(change.kind), "before": before, "after": after}


def _chart_context(history: Sequence[FigurePoint], timezone: ZoneInfo) -> list[TemplateContext]:
    return history_context(history, timezone) if len(history) >= MIN_CHART_POINTS else []


def history_context(history: Sequence[FigurePoint], timezone: ZoneInfo) -> list[TemplateContext]:
    """Return the values of a figure, oldest first, each with its share of the highest in percent."""
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
    return {
        "source": shorten(sanitize(prior.source), MAX_NAME_CHARS),
        "at": format_time(prior.at, timezone),
        "url": safe_web_link(prior.url),
    }


def _diff_context(finding: AlertFinding, claim: str, limits: Limits) -> list[TemplateContext]:
    """Return the word diff of a changed claim; empty for other claims and if a diff would not be readable."""
    if finding.novelty is not Novelty.CHANGED or finding.nearest is None:
        return []
    spans = word_diff(shorten(sanitize(finding.nearest.text), limits.claim), claim)
    return [{"text": span.text, "state": span.state} for span in spans or ()]
