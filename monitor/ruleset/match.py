"""Matches a rule against an update: which findings fire, and which words matched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from monitor.model import Claim, Finding, Match, TermHit, Update
from monitor.ruleset.document import MatchDocument, cached_document
from monitor.ruleset.query.figures import forecast_at
from monitor.ruleset.query.segments import SEGMENT_SHIFT, TermSpan, TermSpans
from monitor.ruleset.query.terms import ANY_TEXT
from monitor.ruleset.rule import Rule
from monitor.ruleset.thresholds import threshold_crossings


def match_rule(
    rule: Rule,
    update: Update,
    findings: Sequence[Finding],
    claims: Sequence[Claim] = (),
    tags: Sequence[str] = (),
) -> Match | None:
    """Match a rule against an update; None without a match. `findings` have the novelty for the rule's sources.

    A window (see `Within`) matches when the query does and a matched word is in a finding that may fire.
    """
    if not rule_covers_source(rule, update.source, tags):
        return None
    document = cached_document(update, findings, claims, tags)
    return match_prepared(rule, document, findings, rule.windows(document))


def match_prepared(
    rule: Rule, document: MatchDocument, findings: Sequence[Finding], windows: Iterable[frozenset[int]]
) -> Match | None:
    """Match a rule against some windows of a document; None without a match."""
    spans: set[TermSpan] = set()
    for window_segments in windows:
        eligible = {segment for segment in window_segments if is_eligible_segment(rule, document, findings, segment)}
        if eligible and (hits := rule.query.root.evaluate(document.window(window_segments))):
            own_hits = [span for span in hits if span[0] >> SEGMENT_SHIFT in window_segments]
            if not eligible.isdisjoint(span[0] >> SEGMENT_SHIFT for span in own_hits):
                spans.update(own_hits)
    return build_match(rule, document, findings, sorted(spans)) if spans else None


def is_eligible_segment(rule: Rule, document: MatchDocument, findings: Sequence[Finding], segment: int) -> bool:
    """Return whether the segment is a finding that may fire."""
    return segment in document.finding_by_segment and is_eligible(
        rule, findings[document.finding_by_segment[segment]]
    )


def rule_covers_source(rule: Rule, source: str, tags: Sequence[str]) -> bool:
    """Return whether the source is one of the rule's sources, by name or by tag."""
    return rule.sources is None or any(
        name[4:] in tags if name.startswith("tag:") else name == source for name in rule.sources
    )


def is_eligible(rule: Rule, finding: Finding) -> bool:
    """Return whether the finding may fire: its novelty is in `on`, or its figure returned past a limit; and it is no
    noise."""
    if finding.claim.noise is not None:
        return False
    return finding.novelty in rule.on or bool(finding.returned_from and threshold_crossings(rule, finding))


def build_match(rule: Rule, document: MatchDocument, findings: Sequence[Finding], spans: TermSpans) -> Match:
    """Build the match from the findings that fire and every matched word in a finding."""
    hits = []
    for first, last, term in spans:
        segment, start, end = document.index.locate(first, last)
        if segment in document.finding_by_segment and term != ANY_TEXT:
            words = document.index.texts[segment][start:end]
            hits.append(TermHit(document.finding_by_segment[segment], start, end, words, term))
    hit_segments = {span[0] >> SEGMENT_SHIFT for span in spans}
    fired_findings = {
        document.finding_by_segment[segment]
        for segment in hit_segments
        if is_eligible_segment(rule, document, findings, segment)
    }
    return Match(rule.name, tuple(sorted(fired_findings)), tuple(hits))


def is_forecast_hit(hit: TermHit, findings: Sequence[Finding]) -> bool:
    """Return whether the hit is a number that matched as a forecast, with a term such as `~soldiers > 10000`."""
    if not hit.term.startswith("~"):
        return False
    return forecast_at(findings[hit.finding_index].claim.text, hit.start, hit.end)
