"""Who says something on their own, and who only carries somebody else's words.

An agency's text that ten sources carry is one source. It is known by the words alone: who says of a story nothing but
what others said before in the same words repeats them. Of one claim that holds for long sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

from monitor.model import Alert, AlertFinding, Moment, Novelty, PriorClaim
from monitor.text.normalize import normalized_key

MAX_COPIES_NAMED = 3  # sources that are named as copies
MIN_COPY_CHARS = (
    160  # characters from which two sources do not come to the same words, as they do in a headline or quote
)


@dataclass(frozen=True, slots=True)
class SourceReport:
    """A source that is heard: its first saying, in how many claims, and whom it repeats word for word.

    `copies` is "" for an independent source: one that says at least one claim that nobody said before it.
    """

    first_claim: PriorClaim
    claim_count: int
    copied_from: str

    @property
    def source(self) -> str:
        """Whose voice it is."""
        return self.first_claim.source


def source_reports(prior_claims: Iterable[PriorClaim], min_copy_chars: int = 0) -> tuple[SourceReport, ...]:
    """The sources of these sayings, earliest first; of one moment in the order given. What is shorter than `shortest`
    characters is nobody's copy."""
    first_source: dict[str, str] = {}  # who said each claim first
    claims_by_source: dict[str, list[PriorClaim]] = {}
    for prior in sorted(prior_claims, key=lambda prior: prior.at):
        if len(prior.text) >= min_copy_chars:
            first_source.setdefault(normalized_key(prior.text), prior.source)
        claims_by_source.setdefault(prior.source, []).append(prior)
    return tuple(source_report(source_claims, first_source) for source_claims in claims_by_source.values())


def source_report(source_claims: Sequence[PriorClaim], first_source: Mapping[str, str]) -> SourceReport:
    """What a source contributes; `first` says who said each claim first."""
    keys = dict.fromkeys(normalized_key(prior.text) for prior in source_claims)
    originators = [first_source.get(key, source_claims[0].source) for key in keys]
    return SourceReport(source_claims[0], len(keys), "" if source_claims[0].source in originators else originators[0])


def reports_of_claim(prior_claims: Iterable[PriorClaim]) -> tuple[SourceReport, ...]:
    """The sources that say one claim, in whatever words.

    An entry that carries another source's sentence says it on its own neither by a headline above it nor afterwards.
    """
    ordered = sorted(prior_claims, key=lambda prior: prior.at)
    first_source: dict[str, str] = {}
    copying_since: dict[tuple[str, str], Moment] = {}  # since when an entry carries what another source said
    for prior in ordered:
        if (
            len(prior.text) >= MIN_COPY_CHARS
            and first_source.setdefault(normalized_key(prior.text), prior.source) != prior.source
        ):
            copying_since.setdefault((prior.source, prior.entry), prior.at)

    def counts(prior: PriorClaim) -> bool:
        is_copy = first_source.get(normalized_key(prior.text), prior.source) != prior.source
        return is_copy or prior.at < copying_since.get((prior.source, prior.entry), inf)

    return source_reports(filter(counts, ordered), MIN_COPY_CHARS)


def independent_reports(reports: Iterable[SourceReport]) -> list[SourceReport]:
    """Those that say it on their own."""
    return [report for report in reports if not report.copied_from]


def corroboration_gap(reports: Sequence[SourceReport], needed: int) -> str:
    """How many of the sources needed say it on their own, and who only repeats them; "" if they are enough."""
    independent_count = len(independent_reports(reports))
    if independent_count >= needed:
        return ""
    copy_notes = [
        f"{report.source} repeats {report.copied_from} word for word" for report in reports if report.copied_from
    ]
    return "; ".join((f"{independent_count} of {needed} independent sources", *copy_notes[:MAX_COPIES_NAMED]))


def with_other_sources(alert: Alert, find_prior_claims: Callable[[str], Iterable[PriorClaim]]) -> Alert:
    """The alert with who else says so, by the sayings that are known of each claim."""
    findings = (
        replace(finding, also_said_by=other_sources(finding, find_prior_claims(finding.claim)))
        for finding in alert.findings
    )
    return replace(alert, findings=tuple(findings))


def other_sources(finding: AlertFinding, prior_claims: Iterable[PriorClaim]) -> tuple[PriorClaim, ...]:
    """The first saying of each other source that says on its own what an alert tells of, and has not taken it back.

    What one source says no longer others may say still; then they repeat nobody.
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
