"""The account of one story: who tells of it, and how its figures moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from monitor.alerts.corroboration import SourceReport, independent_reports
from monitor.alerts.figure_history import amount, is_figure_change, previous_point
from monitor.model import FigurePoint, Finding, Moment, Novelty, PriorClaim


@dataclass(frozen=True, slots=True)
class StoryFinding:
    """One finding of the story: what a source said, when, and where."""

    source: str
    at: Moment
    finding: Finding
    entry: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class StorySummary:
    """What is known of a story. `figures` are the courses that its figures took, each oldest first."""

    id: str
    lead: str
    opened_at: Moment
    last_at: Moment
    source_reports: tuple[SourceReport, ...]
    figures: tuple[tuple[FigurePoint, ...], ...]

    @property
    def independent_count(self) -> int:
        """How many sources tell of it on their own: one wire copy counts once, however many carry it."""
        return len(independent_reports(self.source_reports))


def story_claims(story_findings: Sequence[StoryFinding]) -> Iterator[PriorClaim]:
    """What was said of the story and may be news."""
    for story_finding in story_findings:
        finding = story_finding.finding
        if finding.novelty is not Novelty.WITHDRAWN and not finding.claim.noise:
            yield PriorClaim(
                finding.claim.text,
                story_finding.source,
                story_finding.entry,
                story_finding.at,
                finding.story,
                url=story_finding.url,
            )


@dataclass(frozen=True, slots=True)
class FigureMove:
    """One move of a figure: the claims that state it before and after, and where it stood and stands."""

    prior_text: str
    claim_text: str
    before: FigurePoint
    after: FigurePoint


def figure_series(story_findings: Sequence[StoryFinding]) -> tuple[tuple[FigurePoint, ...], ...]:
    """How each figure moved, the one that moved most often first."""
    all_series: list[list[FigureMove]] = []
    for move in figure_moves(story_findings):
        series = next((earlier for earlier in all_series if continues(earlier, move)), None)
        if series is None:
            all_series.append([move])
        elif move.before.value == series[-1].after.value or all(
            move.after.value != earlier.after.value for earlier in series
        ):
            series.append(move)
    all_series.sort(key=len, reverse=True)
    return tuple((series[0].before, *(move.after for move in series)) for series in all_series)


def figure_moves(story_findings: Sequence[StoryFinding]) -> Iterator[FigureMove]:
    """Each move of a figure, in the order in which they were told."""
    for story_finding in story_findings:
        finding = story_finding.finding
        if finding.novelty is not Novelty.CHANGED or finding.nearest is None:
            continue
        for change in filter(is_figure_change, finding.changes):
            before, value = previous_point(change, finding.nearest), amount(change.after)
            if before is not None and value is not None and value != before.value:
                after = FigurePoint(story_finding.at, value, change.after, story_finding.source)
                yield FigureMove(finding.nearest.text, finding.claim.text, before, after)


def continues(series: Sequence[FigureMove], move: FigureMove) -> bool:
    """Is it the same figure: does the course stand where the step begins, or did a claim of it state that?"""
    if move.before.value == series[-1].after.value:
        return True
    stated_values = {(earlier.prior_text, earlier.before.value) for earlier in series} | {
        (earlier.claim_text, earlier.after.value) for earlier in series
    }
    return (move.prior_text, move.before.value) in stated_values
