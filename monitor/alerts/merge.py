"""Merges what several sources say about one event into the findings of an alert."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from monitor.alerts.corroboration import independent_reports, reports_of_claim
from monitor.alerts.figure_history import amount
from monitor.alerts.same_event import differing_figures, find_echo, judge_pair
from monitor.model import AlertFinding, FigurePoint, Finding, Novelty, PriorClaim, Update
from monitor.text.analysis import NO_SYNONYMS, Synonyms


def as_prior_claim(finding: AlertFinding) -> PriorClaim:
    """Return the claim of an alert's finding as an earlier claim."""
    title, heading = finding.entry_title, finding.heading
    return PriorClaim(
        finding.claim, finding.source, finding.entry, finding.published, finding.story, title, heading, None,
        finding.entry_url,
    )  # fmt: skip


def merged_findings(
    findings: Sequence[AlertFinding], sayings: Iterable[PriorClaim], synonyms: Synonyms = NO_SYNONYMS
) -> tuple[AlertFinding, ...]:
    """Return the findings, each event once, with the other independent sources that report it and their figures.

    A later finding replaces the one that it is an edit of; one of another source that reports the event of an earlier
    finding is merged into that, unless it adds something.
    """
    kept = [f for i, f in enumerate(findings) if not is_replaced(f, findings[i + 1 :], synonyms)]
    distinct: list[AlertFinding] = []
    for finding in kept:
        if not any(repeats(finding, earlier, synonyms) for earlier in distinct):
            distinct.append(finding)
    everything = [*sayings, *map(as_prior_claim, findings)]
    if len(distinct) > 1:  # each gets the reports of its own event; a single finding gets all
        by_finding = [[s for s in everything if is_report_of(finding, s, synonyms)] for finding in distinct]
    else:
        by_finding = [everything for _ in distinct]
    return tuple(map(partial(with_sayings, synonyms=synonyms), distinct, by_finding))


def is_replaced(finding: AlertFinding, later: Sequence[AlertFinding], synonyms: Synonyms) -> bool:
    """Whether its source has changed the claim since, or said all of it in another entry."""
    return any(
        is_change_of(other, finding) or (other.entry != finding.entry and states_all(other, finding, synonyms))
        for other in later
        if other.source == finding.source
    )


def is_change_of(change: AlertFinding, finding: AlertFinding) -> bool:
    return change.novelty is Novelty.CHANGED and change.nearest is not None and change.nearest.text == finding.claim


def states_all(finding: AlertFinding, other: AlertFinding, synonyms: Synonyms) -> bool:
    """Whether the first finding states all of the second."""
    verdict = judge_pair(as_prior_claim(finding), other.claim, other.published, synonyms)
    return verdict.novelty is Novelty.REPEATED


def repeats(finding: AlertFinding, earlier: AlertFinding, synonyms: Synonyms) -> bool:
    """Whether the finding of another source says nothing about the event of an earlier one but the same, or another
    figure."""
    if finding.source == earlier.source:
        return False
    echo = find_echo(as_prior_claim(earlier), finding.claim, finding.published, synonyms)
    return echo is not None and (echo.is_other_figure or finding.novelty is not Novelty.NEW)


def is_report_of(finding: AlertFinding, saying: PriorClaim, synonyms: Synonyms) -> bool:
    """Whether a claim states all of the finding, figures aside."""
    if (saying.source, saying.text) == (finding.source, finding.claim):
        return True
    echo = find_echo(saying, finding.claim, finding.published, synonyms)
    return echo is not None and not echo.is_more


def with_sayings(
    finding: AlertFinding, sayings: Sequence[PriorClaim], synonyms: Synonyms = NO_SYNONYMS
) -> AlertFinding:
    """Add the last report of each other independent source, and the figures that differ."""
    claim = as_prior_claim(finding)
    related = [saying for saying in sayings if saying.withdrawn_at is None]
    independent = {report.source for report in independent_reports(reports_of_claim([claim, *related]))}
    last_by_source = {
        saying.source: saying
        for saying in sorted(related, key=lambda saying: saying.at)
        if saying.source in independent - {claim.source}
    }
    others = tuple(last_by_source.values())
    return replace(finding, also_said_by=others, figures=figures_by_source(claim, others, synonyms))


def figures_by_source(
    claim: PriorClaim, others: Sequence[PriorClaim], synonyms: Synonyms = NO_SYNONYMS
) -> tuple[FigurePoint, ...]:
    """Return the figure of each source, oldest first, if any differs from `claim`; else ()."""
    points: dict[str, FigurePoint] = {}
    for other in others:
        changes = differing_figures(other, claim.text, claim.at, synonyms)
        for prior, figures in ((claim, [c.after for c in changes]), (other, [c.before for c in changes])):
            points.update(figure_point(prior, figures))
    return tuple(sorted(points.values(), key=lambda point: point.at))


def figure_point(prior: PriorClaim, figures: Sequence[str]) -> dict[str, FigurePoint]:
    value = amount(figures[0]) if figures else None
    text = ", ".join(figures)
    return {} if value is None else {prior.source: FigurePoint(prior.at, value, text, prior.source)}


def figures_text(findings: Iterable[AlertFinding]) -> str:
    """Return `at least 12 (wire), 14 (press)`: the differing figures of the findings, "" if there are none."""
    return ", ".join(dict.fromkeys(f"{point.text} ({point.source})" for f in findings for point in f.figures))


def as_prior_claims(update: Update, findings: Iterable[Finding]) -> Iterator[PriorClaim]:
    """Yield the claims of findings that the ledger does not have yet."""
    for finding in findings:
        yield PriorClaim(finding.claim.text, update.source, update.entry, update.at, finding.story, url=update.url)
