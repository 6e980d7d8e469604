"""Which sources report something independently, and which only copy another source.

An agency's text in ten sources counts as one source. Only the words decide: a source that says nothing about a story
but what others said earlier in the same words is a copy. For a single claim, only long sentences are compared so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

from monitor.model import Alert, AlertFinding, Moment, Novelty, PriorClaim
from monitor.text.normalize import normalized_key

MAX_COPIES_NAMED = 3
MIN_COPY_CHARS = 160  # two sources may write the same headline or quote, but not the same long sentence


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What one source says: its first claim, its number of distinct claims, and the source it copies word for word.

    `copied_from` is "" for an independent source, one with at least one claim that no other source made before.
    """

    first_claim: PriorClaim
    claim_count: int
    copied_from: str

    @property
    def source(self) -> str:
        return self.first_claim.source


def source_reports(prior_claims: Iterable[PriorClaim], min_copy_chars: int = 0) -> tuple[SourceReport, ...]:
    """Return the sources of the claims, earliest first; claims of the same moment keep their order.

    A claim shorter than `min_copy_chars` is never a copy.
    """
    first_source: dict[str, str] = {}  # by normalized claim
    claims_by_source: dict[str, list[PriorClaim]] = {}
    for prior in sorted(prior_claims, key=lambda prior: prior.at):
        if len(prior.text) >= min_copy_chars:
            first_source.setdefault(normalized_key(prior.text), prior.source)
        claims_by_source.setdefault(prior.source, []).append(prior)
    return tuple(source_report(source_claims, first_source) for source_claims in claims_by_source.values())


def source_report(source_claims: Sequence[PriorClaim], first_source: Mapping[str, str]) -> SourceReport:
    """Return the report of one source. `first_source` has the first source of each claim, by normalized text."""
    keys = dict.fromkeys(normalized_key(prior.text) for prior in source_claims)
    originators = [first_source.get(key, source_claims[0].source) for key in keys]
    return SourceReport(source_claims[0], len(keys), "" if source_claims[0].source in originators else originators[0])


def reports_of_claim(prior_claims: Iterable[PriorClaim]) -> tuple[SourceReport, ...]:
    """Return the sources that make one claim, in any words.

    Once an entry has another source's long sentence, its own wordings of the claim (a headline above it, a later
    rewrite) do not count as independent.
    """
    ordered = sorted(prior_claims, key=lambda prior: prior.at)
    first_source: dict[str, str] = {}  # by normalized claim
    copying_since: dict[tuple[str, str], Moment] = {}  # by source and entry
    for prior in ordered:
        if len(prior.text) < MIN_COPY_CHARS:
            continue
        if first_source.setdefault(normalized_key(prior.text), prior.source) != prior.source:
            copying_since.setdefault((prior.source, prior.entry), prior.at)

    def counts(prior: PriorClaim) -> bool:
        is_copy = first_source.get(normalized_key(prior.text), prior.source) != prior.source
        return is_copy or prior.at < copying_since.get((prior.source, prior.entry), inf)

    return source_reports(filter(counts, ordered), MIN_COPY_CHARS)


def independent_reports(reports: Iterable[SourceReport]) -> list[SourceReport]:
    return [report for report in reports if not report.copied_from]


def corroboration_gap(reports: Sequence[SourceReport], needed: int) -> str:
    """Return how many of the `needed` independent sources there are, and which are copies; "" if there are enough."""
    independent_count = len(independent_reports(reports))
    if independent_count >= needed:
        return ""
    copy_notes = [
        f"{report.source} repeats {report.copied_from} word for word" for report in reports if report.copied_from
    ]
    return "; ".join((f"{independent_count} of {needed} independent sources", *copy_notes[:MAX_COPIES_NAMED]))


def with_other_sources(alert: Alert, find_prior_claims: Callable[[str], Iterable[PriorClaim]]) -> Alert:
    """Add the other independent sources of each finding.

    `find_prior_claims` returns every claim that says the same as a text, in any words.
    """

    def others_of(finding: AlertFinding) -> tuple[PriorClaim, ...]:
        return other_sources(finding, [prior for text in event_texts(finding) for prior in find_prior_claims(text)])

    others = [others_of(finding) for finding in alert.findings]
    if others == [finding.also_said_by for finding in alert.findings]:
        return alert
    findings = (
        replace(finding, also_said_by=sources) for finding, sources in zip(alert.findings, others, strict=True)
    )
    return replace(alert, findings=tuple(findings))


def event_texts(finding: AlertFinding) -> list[str]:
    """Return the finding's claim and those of other sources that were merged into it."""
    return list(dict.fromkeys((finding.claim, *(prior.text for prior in finding.also_said_by))))


def other_sources(finding: AlertFinding, prior_claims: Iterable[PriorClaim]) -> tuple[PriorClaim, ...]:
    """Return the first claim of each other independent source that has not withdrawn it.

    A copy of the finding's own source remains a copy when that source rewrites its claim, but not when the finding is
    that the source withdrew it: those that keep the claim are then independent.
    """
    is_withdrawn = finding.novelty is Novelty.WITHDRAWN
    current_claims = (
        prior
        for prior in prior_claims
        if prior.withdrawn_at is None or (prior.source == finding.source and not is_withdrawn)
    )
    return tuple(
        report.first_claim
        for report in independent_reports(reports_of_claim(current_claims))
        if report.source != finding.source
    )
