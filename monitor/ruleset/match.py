"""Matches rules against an update: which hold, on which findings, because of which words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from monitor.model import Claim, Finding, Match, TermHit, Update
from monitor.ruleset.document import MatchDocument, cached_document
from monitor.ruleset.query.segments import SEGMENT_SHIFT, TermSpan, TermSpans
from monitor.ruleset.rule import Rule


def match_rule(
    rule: Rule,
    update: Update,
    findings: Sequence[Finding],
    claims: Sequence[Claim] = (),
    tags: Sequence[str] = (),
) -> Match | None:
    """How the rule holds for the update, or None. The findings may carry novelty as the rule's listener hears it.

    It holds for a document (see `Within`) when its query does and a word it met stands in a finding that may fire.
    """
    if not rule_covers_source(rule, update.source, tags):
        return None
    document = cached_document(update, findings, claims, tags)
    return match_prepared(rule, document, findings, rule.windows(document))


def match_prepared(
    rule: Rule, document: MatchDocument, findings: Sequence[Finding], windows: Iterable[frozenset[int]]
) -> Match | None:
    """How the rule holds for some places (segments seen together) of a page, or None."""
    spans: set[TermSpan] = set()
    for window_segments in windows:
        eligible = {segment for segment in window_segments if is_eligible_segment(rule, document, findings, segment)}
        if eligible and (hits := rule.query.root.evaluate(document.window(window_segments))):
            own_hits = [span for span in hits if span[0] >> SEGMENT_SHIFT in window_segments]
            if not eligible.isdisjoint(span[0] >> SEGMENT_SHIFT for span in own_hits):
                spans.update(own_hits)
    return build_match(rule, document, findings, sorted(spans)) if spans else None


def is_eligible_segment(rule: Rule, document: MatchDocument, findings: Sequence[Finding], segment: int) -> bool:
    """Is the segment a finding that the rule is for?"""
    return segment in document.finding_by_segment and is_eligible(
        rule, findings[document.finding_by_segment[segment]]
    )


def rule_covers_source(rule: Rule, source: str, tags: Sequence[str]) -> bool:
    """Does the rule listen to this source, by its name or by a tag?"""
    return rule.sources is None or any(
        name[4:] in tags if name.startswith("tag:") else name == source for name in rule.sources
    )


def is_eligible(rule: Rule, finding: Finding) -> bool:
    """Is it news of a kind that the rule is for?"""
    return finding.novelty in rule.on and finding.claim.noise is None


def build_match(rule: Rule, document: MatchDocument, findings: Sequence[Finding], spans: TermSpans) -> Match:
    """The match: findings that fire, and every word met in a finding."""
    hits = []
    for first, last, term in spans:
        segment, start, end = document.index.locate(first, last)
        if segment in document.finding_by_segment:
            words = document.index.texts[segment][start:end]
            hits.append(TermHit(document.finding_by_segment[segment], start, end, words, term))
    fired_findings = {
        document.finding_by_segment[hit_segment]
        for hit_segment in {span[0] >> SEGMENT_SHIFT for span in spans}
        if is_eligible_segment(rule, document, findings, hit_segment)
    }
    return Match(rule.name, tuple(sorted(fired_findings)), tuple(hits))
