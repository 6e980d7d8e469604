"""The summary of one story: its independent sources, and how its figures changed over time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from monitor.alerts.corroboration import SourceReport, independent_reports
from monitor.alerts.figure_history import amount, is_figure_change, previous_point
from monitor.model import FigurePoint, Finding, Moment, Novelty, PriorClaim
from monitor.text.counted import thing_counted

MIN_SENTENCE_CHARS, MAX_SENTENCE_CHARS = 25, 240  # a heading is readable within these


@dataclass(frozen=True, slots=True)
class StoryFinding:
    """A finding of the story, with its source, time, entry and address."""

    source: str
    at: Moment
    finding: Finding
    entry: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class FigureSeries:
    """The values of a figure over time, oldest first. `counted` is what it counts, "" if that is not known."""

    counted: str
    points: tuple[FigurePoint, ...]


@dataclass(frozen=True, slots=True)
class StorySummary:
    """The summary of a story. `lead` is its lead claim, `latest` the newest sentence that said something new;
    `figures` has one series for each figure.

    `is_of_rule`: it has no claims of its own, but the alerts of a rule that counts matches or waits for one.
    """

    id: str
    lead: str
    opened_at: Moment
    last_at: Moment
    source_reports: tuple[SourceReport, ...]
    figures: tuple[FigureSeries, ...]
    is_of_rule: bool = False
    latest: str = ""

    @property
    def independent_count(self) -> int:
        """The number of independent sources; an agency's text counts once, in however many sources it appears."""
        return len(independent_reports(self.source_reports))


def story_claims(story_findings: Sequence[StoryFinding]) -> Iterator[PriorClaim]:
    """Yield the claims of the story, without withdrawals and noise."""
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


def latest_sentence(story_findings: Sequence[StoryFinding]) -> str:
    """Return the newest sentence that is new or changed, "" if there is none. `story_findings` are oldest first."""
    for story_finding in reversed(story_findings):
        finding = story_finding.finding
        is_news = finding.novelty in (Novelty.NEW, Novelty.CHANGED) and not finding.claim.noise
        if is_news and MIN_SENTENCE_CHARS <= len(finding.claim.text) <= MAX_SENTENCE_CHARS:
            return finding.claim.text
    return ""


@dataclass(frozen=True, slots=True)
class FigureMove:
    """One change of a figure: the texts of the prior claim and the claim, and the points before and after."""

    prior_text: str
    claim_text: str
    before: FigurePoint
    after: FigurePoint


def figure_series(story_findings: Sequence[StoryFinding]) -> tuple[FigureSeries, ...]:
    """Return the series of each figure, that with the most changes first."""
    all_series: list[list[FigureMove]] = []
    for move in figure_moves(story_findings):
        series = next((candidate for candidate in all_series if continues(candidate, move)), None)
        if series is None:
            all_series.append([move])
            continue
        starts_at_end = move.before.value == series[-1].after.value
        is_new_value = all(move.after.value != earlier.after.value for earlier in series)
        if starts_at_end or is_new_value:  # else a source that lags behind repeats an earlier change
            series.append(move)
    all_series.sort(key=len, reverse=True)
    return tuple(
        FigureSeries(
            thing_counted(series[-1].claim_text, series[-1].after.text),
            (series[0].before, *(move.after for move in series)),
        )
        for series in all_series
    )


def figure_moves(story_findings: Sequence[StoryFinding]) -> Iterator[FigureMove]:
    """Yield each change of a figure, in the order of the findings."""
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
    """Return whether a move is of the same figure as a series.

    It is if it starts at the last value of the series, or if its prior claim states a value of the series.
    """
    if move.before.value == series[-1].after.value:
        return True
    stated_before = {(earlier.prior_text, earlier.before.value) for earlier in series}
    stated_after = {(earlier.claim_text, earlier.after.value) for earlier in series}
    return (move.prior_text, move.before.value) in stated_before | stated_after
