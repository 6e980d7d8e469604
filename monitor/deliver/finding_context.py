"""What a template sees of one finding: the claim in pieces, the claim before, the changes, the figure over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from monitor.alerts.merge import figures_text
from monitor.deliver.display_time import format_day, format_time
from monitor.deliver.headline import finding_headline
from monitor.deliver.sanitize import safe_web_link, sanitize, shorten
from monitor.deliver.word_diff import Range, changed_ranges, matched_ranges, split_pieces
from monitor.evidence import evidence_text
from monitor.model import AlertFinding, Change, ChangeKind, FigurePoint, Novelty, PriorClaim
from monitor.text.counted import thing_counted

TemplateContext: TypeAlias = dict[str, Any]

MAX_NAME_CHARS, MAX_TITLE_CHARS, MAX_SHOWN_REASON_CHARS, MAX_CHANGE_CHARS = 80, 200, 300, 120  # characters
MAX_OTHER_SOURCES = 3  # other sources of the same claim that are named
MAX_OTHER_PAGES = 12  # pages with the same edit that are named
NO_TEXT = "(no text)"
MIN_CHART_POINTS = 3  # with two values, a chart shows only what "before" and "after" show already


@dataclass(frozen=True, slots=True)
class Limits:
    """What a channel shows at most: findings in full, characters of a claim, changes of a finding; and in a message
    that combines alerts, headlines, their characters in all, and how many of them have their answers beside them."""

    findings: int
    claim: int
    changes: int = 6
    headlines: int = 500
    headline_chars: int = 80_000  # a template may print 400,000 characters; each headline has links beside it
    answers: int = 200


def finding_context(finding: AlertFinding, rule_title: str, limits: Limits, timezone: ZoneInfo) -> TemplateContext:
    """Return the names in docs/templates.md that begin with `findings.`, without those about its place."""
    claim = shorten(sanitize(finding.claim), limits.claim) or NO_TEXT
    prior = None if finding.novelty is Novelty.WITHDRAWN else finding.nearest
    before = shorten(sanitize(prior.text), limits.claim) if prior else ""
    removed, added = _changed(finding, before, claim)
    matched = matched_ranges(claim, map(sanitize, finding.matched))
    return {
        "claim": claim,
        "marked": _pieces(claim, matched, added),
        "novelty": str(finding.novelty),
        "withdrawn": finding.novelty is Novelty.WITHDRAWN,
        "similarity": round(finding.similarity),
        "headline": str(finding_headline(finding, rule_title)),
        "source": shorten(sanitize(finding.source), MAX_NAME_CHARS),
        "url": safe_web_link(finding.entry_url),
        "published": format_time(finding.published, timezone),
        "changes": _changes_context(finding.changes, limits),
        "nearest": _prior_context(prior, before, removed, timezone),
        "is_marked": bool(removed or added),
        "figures": shorten(sanitize(figures_text([finding])), MAX_SHOWN_REASON_CHARS),
        "history": _chart_context(finding.history, timezone),
        "history_of": shorten(_history_label(finding), MAX_NAME_CHARS),
        "also_said_by": [_attribution(other, timezone) for other in finding.also_said_by[:MAX_OTHER_SOURCES]],
        "also_more": max(0, len(finding.also_said_by) - MAX_OTHER_SOURCES),
        "also_on": [_page(other) for other in finding.also_on[:MAX_OTHER_PAGES]],
        "pages_more": max(0, len(finding.also_on) - MAX_OTHER_PAGES),
        "why": shorten(sanitize(evidence_text(finding.evidence)), MAX_SHOWN_REASON_CHARS),
    }


def _changed(finding: AlertFinding, before: str, claim: str) -> tuple[Sequence[Range], Sequence[Range]]:
    """Return where the claim before and the claim differ; nothing if they are not one statement, or too different."""
    if finding.novelty is not Novelty.CHANGED or not before:
        return (), ()
    return changed_ranges(before, claim) or ((), ())


def _pieces(text: str, matched: Sequence[Range], changed: Sequence[Range]) -> list[TemplateContext]:
    return [
        {"text": piece.text, "matched": piece.matched, "changed": piece.changed}
        for piece in split_pieces(text, matched, changed)
    ]


def _changes_context(changes: Sequence[Change], limits: Limits) -> list[TemplateContext]:
    """Return each change once. A "not" that came or went is left out: alone it says nothing; the claims show it."""
    contexts: list[TemplateContext] = []
    for change in changes:
        before, after = (shorten(sanitize(text), MAX_CHANGE_CHARS) for text in (change.before, change.after))
        is_bare_cue = change.kind is ChangeKind.NEGATION and not (before and after)
        is_shown = any((context["before"], context["after"]) == (before, after) for context in contexts)
        if before.casefold() != after.casefold() and not is_bare_cue and not is_shown:
            contexts.append({"kind": str(change.kind), "before": before, "after": after})
    return contexts[: limits.changes]


def _history_label(finding: AlertFinding) -> str:
    """Return what the figure over time counts, or "" if the claim does not say it."""
    figure = finding.history[-1].text if finding.history else ""
    return thing_counted(sanitize(finding.claim), sanitize(figure), finding.matched)


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


def _prior_context(
    prior: PriorClaim | None, text: str, removed: Sequence[Range], timezone: ZoneInfo
) -> TemplateContext | None:
    if prior is None or not text:
        return None
    return {"text": text, "marked": _pieces(text, (), removed)} | _attribution(prior, timezone)


def _attribution(prior: PriorClaim, timezone: ZoneInfo) -> TemplateContext:
    return {
        "source": shorten(sanitize(prior.source), MAX_NAME_CHARS),
        "at": format_time(prior.at, timezone),
        "url": safe_web_link(prior.url),
    }


def _page(prior: PriorClaim) -> TemplateContext:
    """Return the name and address of another page that made the same edit."""
    return {"name": shorten(sanitize(prior.title or prior.entry), MAX_NAME_CHARS), "url": safe_web_link(prior.url)}
