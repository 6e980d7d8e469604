"""The names that a template sees: sanitized text, numbers, lists and dicts, with times in the reader's time zone.

No callable and no object of the program reaches a template. `docs/templates.md` describes every name; a test compares
it with this module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monitor.alerts.answer_links import AnswerUrls
from monitor.deliver.display_time import format_time
from monitor.deliver.finding_context import (
    MAX_NAME_CHARS,
    MAX_SHOWN_REASON_CHARS,
    MAX_TITLE_CHARS,
    Limits,
    TemplateContext,
    finding_context,
)
from monitor.deliver.grouping import (
    SummaryGroup,
    SummaryLine,
    alert_title,
    batch_sentence,
    batch_subject,
    batch_title,
    batched_alert_count,
    distinct_findings,
    finding_key,
    finding_numbers,
    findings_in_full,
    summarize,
)
from monitor.deliver.headline import CONFIRMED_PREFIX, Headline, headline_with
from monitor.deliver.render_settings import RenderSettings
from monitor.deliver.sanitize import safe_web_link, sanitize, shorten
from monitor.model import Alert, AlertFinding, Message, Severity

MAX_LISTED_RULES = 10
MAX_PREVIEW_CHARS = 140  # of the text that mail programs show beside the subject
URGENT_PREFIXES = {Severity.HIGH: "[HIGH] ", Severity.CRITICAL: "[CRITICAL] "}


def template_context(message: Message, limits: Limits, settings: RenderSettings) -> TemplateContext:
    """Return what the templates of a channel see of a message: the names in docs/templates.md."""
    answers = settings.answers
    lead = message.alerts[0]
    findings = distinct_findings(message.alerts)
    base_url = (settings.web_url or "").rstrip("/")
    batched = batched_alert_count(message)
    headline = (
        Headline(shorten(batch_title(message), MAX_TITLE_CHARS))
        if batched
        else headline_with(lead, findings[0] if findings else None, title=_alert_title(lead))
    )
    to_show = findings_in_full(message.alerts[: limits.headlines]) if batched else findings
    shown = _finding_contexts(message, to_show[: limits.findings], batched, headline, limits, settings)
    names = {
        "headline": batch_subject(message) if batched else str(headline),
        "now": headline.current,
        "now_marked": _now_marked(headline.current, shown),
        "was": headline.previous,
        "urgent": URGENT_PREFIXES.get(lead.severity, "") if settings.severity_marker else "",
        "severity": str(lead.severity),
        "title": "" if batched and _has_several_rules(message) else _alert_title(lead),
        "source": shorten(sanitize(findings[0].source), MAX_NAME_CHARS) if findings and not batched else "",
        "channel": shorten(sanitize(message.channel), MAX_NAME_CHARS),
        "url": "" if batched else safe_web_link(lead.url),
        "web_url": _page_url(message, base_url, batched),
        "silence_url": safe_web_link(f"{base_url}/messages/{message.id}/silence") if base_url and findings else "",
        "id": sanitize(lead.id),
        "message_id": sanitize(message.id),
        "at": format_time(lead.at, settings.timezone),
        "rolled": batched,
        "together": batch_sentence(message.batch_reason) if batched else "",
        "since_last": "" if batched else shorten(_since_last(lead, headline), limits.claim),
        "latest": "",
        "note": "",
        "findings": shown,
        "more": len(to_show) - len(shown),
        "rules": [
            _rule_context(alert) | answer_names(alert, answers)
            for alert in _first_alert_per_rule(message.alerts)[:MAX_LISTED_RULES]
        ],
        **answer_names(lead if len(message.alerts) == 1 else None, answers),
    }
    summary = _summary_context(message, batched, shown, base_url, limits, answers)
    return names | summary | {"preview": _preview(names)}


def _since_last(alert: Alert, headline: Headline) -> str:
    """Return what changed since the last alert, "" if the headline says the same."""
    text = sanitize(alert.since_last or "")
    before = text.partition(" → ")[0]
    return "" if headline.previous.casefold() == before.casefold() and text.count(" → ") == 1 else text


def _now_marked(now: str, findings: Sequence[TemplateContext]) -> list[TemplateContext]:
    """Return the headline in pieces: those of the first finding if it is its claim, else one."""
    if not findings or not findings[0]["is_headline"]:
        return [{"text": now, "matched": False, "changed": False}]
    is_confirmed = now.startswith(CONFIRMED_PREFIX)
    pieces, length = [], 0
    if is_confirmed:
        now = now.removeprefix(CONFIRMED_PREFIX)
        pieces.append({"text": CONFIRMED_PREFIX, "matched": False, "changed": False})
    for piece in findings[0]["marked"]:
        if text := piece["text"][: len(now) - length]:
            pieces.append(piece | {"text": text})
        length += len(text)
    return pieces


def _finding_contexts(
    message: Message,
    findings: Sequence[AlertFinding],
    batched: int,
    headline: Headline,
    limits: Limits,
    settings: RenderSettings,
) -> list[TemplateContext]:
    numbers = finding_numbers(message.alerts)
    first_alerts = {finding_key(finding): alert for alert in message.alerts[::-1] for finding in alert.findings}
    names_rule = batched and _has_several_rules(message)
    contexts = []
    for finding in findings:
        key = finding_key(finding)
        title = _alert_title(first_alerts[key])
        place = {
            "number": numbers[key] if batched else 0,
            "rule": shorten(title, MAX_NAME_CHARS) if names_rule else "",
            "is_headline": sanitize(finding.claim).rstrip(" .,;:") == headline.current.removeprefix(CONFIRMED_PREFIX),
        }
        place |= answer_names(first_alerts[key], settings.answers)
        contexts.append(finding_context(finding, title, limits, settings.timezone) | place)
    return contexts


def _has_several_rules(message: Message) -> bool:
    return len({alert.rule for alert in message.alerts}) > 1


def _page_url(message: Message, base_url: str, batched: int) -> str:
    path = f"/?message={message.id}" if batched else f"/alerts/{message.alerts[0].id}"
    return safe_web_link(base_url + path) if base_url else ""


def _summary_context(
    message: Message,
    batched: int,
    shown: Sequence[TemplateContext],
    base_url: str,
    limits: Limits,
    answers: Mapping[str, AnswerUrls],
) -> TemplateContext:
    """Return the summary of a message that combines alerts; empty for other messages."""
    if not batched:
        return {"summary": [], "unlisted": 0, "list_command": ""}
    numbers = {context["number"] for context in shown}
    summary = summarize(message.alerts, numbers, limits.headlines, limits.headline_chars)
    return {
        "summary": [_group_context(group, base_url, answers, limits) for group in summary.groups],
        "unlisted": summary.unlisted,
        "list_command": f"monitor alerts --message {sanitize(message.id)}",
    }


def _group_context(
    group: SummaryGroup, base_url: str, answers: Mapping[str, AnswerUrls], limits: Limits
) -> TemplateContext:
    return {
        "title": shorten(group.title, MAX_TITLE_CHARS),
        "severity": str(group.severity),
        "count": len(group.lines) + len(group.same_as),
        "lines": [_line_context(line, base_url, answers, limits) for line in group.lines],
        "same_as": group.same_as,
    }


def _line_context(
    line: SummaryLine, base_url: str, answers: Mapping[str, AnswerUrls], limits: Limits
) -> TemplateContext:
    """Return one alert of the summary. Its answers are beside the claim if that is shown."""
    alert = line.alert
    page = safe_web_link(f"{base_url}/alerts/{alert.id}") if base_url else ""
    has_answers = not line.is_shown and line.number <= limits.answers
    return {
        "number": line.number,
        "headline": line.headline,
        "source": shorten(sanitize(alert.findings[0].source), MAX_NAME_CHARS) if alert.findings else "",
        "url": f"#n{line.number}" if line.is_shown else page,
        "entry_url": "" if line.is_shown else safe_web_link(alert.url),
    } | answer_names(alert if has_answers else None, answers)


def _preview(names: TemplateContext) -> str:
    """Return the text that mail programs show beside the subject: what the subject does not say."""
    if names["rolled"]:
        texts = [names["together"]]
    elif names["findings"]:
        finding = names["findings"][0]
        before = finding["nearest"]["text"] if finding["nearest"] and finding["novelty"] == "changed" else ""
        since = f"Since your last alert: {names['since_last']}" if names["since_last"] else ""
        texts = [
            since,
            "" if finding["is_headline"] else finding["claim"],
            f"Before: {before}" if before else "",
            names["title"],
            finding["published"],
        ]
    else:
        texts = [names["rules"][0]["reason"]]
    return shorten(" · ".join(filter(None, texts)), MAX_PREVIEW_CHARS)


def _alert_title(alert: Alert) -> str:
    return shorten(alert_title(alert), MAX_TITLE_CHARS)


def answer_names(alert: Alert | None, urls: Mapping[str, AnswerUrls]) -> dict[str, str]:
    """Return the links to answer an alert, "" if `urls` has none, and the commands. All are "" for a notice."""
    if alert is None or not alert.findings:
        return dict.fromkeys(("seen_url", "not_news_url", "seen_command", "not_news_command"), "")
    links, alert_id = urls.get(alert.id, AnswerUrls("", "")), sanitize(alert.id)
    return {
        "seen_url": safe_web_link(links.seen),
        "not_news_url": safe_web_link(links.not_news),
        "seen_command": f"monitor ack {alert_id}",
        "not_news_command": f"monitor not-news {alert_id}",
    }


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
