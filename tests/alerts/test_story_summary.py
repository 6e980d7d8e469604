"""The summary of a story: independent sources, and figures over time."""

from __future__ import annotations

from monitor.alerts.corroboration import SourceReport, source_reports
from monitor.alerts.story_summary import StoryFinding, StorySummary, figure_series, story_claims
from monitor.model import Change, ChangeKind, Claim, Finding, Noise, Novelty, PriorClaim, Role

DAY = 86400.0


def finding_of(
    source: str, day: int, text: str, novelty: Novelty = Novelty.NEW, noise: Noise | None = None
) -> StoryFinding:
    finding = Finding(Claim(text, Role.SENTENCE, noise=noise), novelty, 0.0, (), None, "st-1")
    return StoryFinding(source, day * DAY, finding)


def reports_of(*story_findings: StoryFinding) -> tuple[SourceReport, ...]:
    return source_reports(story_claims(story_findings))


def figure_change(
    source: str, day: int, before: tuple[str, int], after: str, what: str = "people are dead"
) -> StoryFinding:
    """A finding of `source` that a figure has changed; `before` is its old value and the day of that."""
    old_value, old_day = before
    nearest = PriorClaim(f"{old_value} {what}.", "port", "a", old_day * DAY, "st-1")
    change = Change(ChangeKind.NUMBER, old_value, after)
    finding = Finding(Claim(f"{after} {what}.", Role.SENTENCE), Novelty.CHANGED, 90.0, (change,), nearest, "st-1")
    return StoryFinding(source, day * DAY, finding)


def points(*story_findings: StoryFinding) -> list[list[tuple[str, str, float]]]:
    """The text, source and day of each point of each figure."""
    all_series = figure_series(story_findings)
    return [[(point.text, point.source, point.at / DAY) for point in series.points] for series in all_series]


def test_a_source_that_only_repeats_another_word_for_word_is_not_independent():
    reports = reports_of(
        finding_of("wire", 1, "The ferry sank off Halvik."),
        finding_of("wire", 1, "Forty people are dead."),
        finding_of("copy", 2, "THE FERRY SANK OFF HALVIK", Novelty.REPEATED),
        finding_of("desk", 2, "The ferry sank off Halvik.", Novelty.REPEATED),
        finding_of("desk", 3, "Divers have found the wreck."),
    )
    assert [(r.source, r.first_claim.at / DAY, r.claim_count, r.copied_from) for r in reports] == [
        ("wire", 1, 2, ""),
        ("copy", 2, 1, "wire"),
        ("desk", 2, 2, ""),
    ]
    assert StorySummary("st-1", "Ferry sinks", DAY, 3 * DAY, reports, ()).independent_count == 2


def test_a_source_that_says_the_same_in_its_own_words_is_independent():
    reworded = finding_of("desk", 2, "The ferry went down.", Novelty.REPEATED)
    reports = reports_of(finding_of("wire", 1, "The ferry sank."), reworded)
    assert [report.copied_from for report in reports] == ["", ""]


def test_withdrawals_and_noise_do_not_count_as_claims_of_a_source():
    withdrawn = finding_of("wire", 1, "It sank.", Novelty.WITHDRAWN)
    assert reports_of(withdrawn, finding_of("desk", 1, "Why?", noise=Noise.QUESTION)) == ()


def test_a_figure_is_followed_over_sources_and_days():
    assert points(
        figure_change("wire", 2, ("around 3,000", 1), "6,000"),
        figure_change("desk", 4, ("6,000", 2), "up to 12,000"),
    ) == [[("around 3,000", "port", 1), ("6,000", "wire", 2), ("up to 12,000", "desk", 4)]]


def test_a_source_that_lags_behind_adds_no_point_to_a_figure():
    increases = [figure_change("wire", 2, ("40", 1), "55"), figure_change("desk", 3, ("55", 2), "70")]
    assert points(*increases, figure_change("late", 4, ("40", 1), "70")) == points(*increases)


def test_a_figure_that_returns_to_an_old_value_has_a_point_for_it():
    series = points(figure_change("wire", 2, ("40", 1), "55"), figure_change("desk", 3, ("55", 2), "40"))
    assert [text for text, _, _ in series[0]] == ["40", "55", "40"]


def test_figures_of_two_things_are_two_series():
    dead = figure_change("wire", 2, ("3", 1), "4")
    missing = figure_change("wire", 2, ("3", 1), "5", what="people are missing")
    assert [[text for text, _, _ in series] for series in points(dead, missing)] == [["3", "4"], ["3", "5"]]
    assert [series.counted for series in figure_series((dead, missing))] == ["people", "people"]
