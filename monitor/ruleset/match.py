"""Matches rules against an update: which hold, on which findings, because of which words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from monitor.model import Claim, Finding, Match, Met, Update
from monitor.ruleset.page import Page, page_of
from monitor.ruleset.reading import SHIFT, Span, Spans
from monitor.ruleset.rule import Rule


def hold(
    rule: Rule,
    update: Update,
    findings: Sequence[Finding],
    claims: Sequence[Claim] = (),
    tags: Sequence[str] = (),
) -> Match | None:
    """How the rule holds for the update, or None. The findings may carry novelty as the rule's listener hears it.

    It holds for a document (see `Within`) when its query does and a word it met stands in a finding that may fire.
    """
    if not listens(rule, update.source, tags):
        return None
    page = page_of(update, findings, claims, tags)
    return hold_on(rule, page, findings, rule.documents(page))


def hold_on(rule: Rule, page: Page, findings: Sequence[Finding], places: Iterable[frozenset[int]]) -> Match | None:
    """How the rule holds for some places (segments seen together) of a page, or None."""
    met: set[Span] = set()
    for own in places:
        firing = {at for at in own if fires(rule, page, findings, at)}
        if firing and (found := rule.query.root.meet(page.document(own))):
            stood = [span for span in found if span[0] >> SHIFT in own]
            if not firing.isdisjoint(span[0] >> SHIFT for span in stood):
                met.update(stood)
    return matched(rule, page, findings, sorted(met)) if met else None


def fires(rule: Rule, page: Page, findings: Sequence[Finding], segment: int) -> bool:
    """Is the segment a finding that the rule is for?"""
    return segment in page.findings and may_fire(rule, findings[page.findings[segment]])


def listens(rule: Rule, source: str, tags: Sequence[str]) -> bool:
    """Does the rule listen to this source, by its name or by a tag?"""
    return rule.sources is None or any(
        name[4:] in tags if name.startswith("tag:") else name == source for name in rule.sources
    )


def may_fire(rule: Rule, finding: Finding) -> bool:
    """Is it news of a kind that the rule is for?"""
    return finding.novelty in rule.on and finding.claim.quiet is None


def matched(rule: Rule, page: Page, findings: Sequence[Finding], spans: Spans) -> Match:
    """The match: findings that fire, and every word met in a finding."""
    because = []
    for first, last, term in spans:
        segment, start, end = page.reading.place(first, last)
        if segment in page.findings:
            words = page.reading.texts[segment][start:end]
            because.append(Met(page.findings[segment], start, end, words, term))
    fired = {page.findings[at] for at in {span[0] >> SHIFT for span in spans} if fires(rule, page, findings, at)}
    return Match(rule.name, tuple(sorted(fired)), tuple(because))
