"""The account of a story: independent sources, and figures over time."""

from __future__ import annotations

from monitor.alerts.corroboration import SourceReport, source_reports
from monitor.alerts.story_summary import StoryFinding, StorySummary, figure_series, story_claims
from monitor.model import Change, ChangeKind, Claim, Finding, Noise, Novelty, PriorClaim, Role

DAY = 86400.0


def tells(
    source: str, day: int, text: str, novelty: Novelty = Novelty.NEW, quiet: Noise | None = None
) -> StoryFinding:
    finding = Finding(Claim(text, Role.SENTENCE, noise=quiet), novelty, 0.0, (), None, "st-1")
    return StoryFinding(source, day * DAY, finding)


def heard(tellings: list[StoryFinding]) -> tuple[SourceReport, ...]:
    return source_reports(story_claims(tellings))


def moves(source: str, day: int, before: tuple[str, int], after: str, of: str = "people are dead") -> StoryFinding:
    """`source` says that a figure, which stood on some day, is another."""
    figure, said = before
    nearest = PriorClaim(f"{figure} {of}.", "port", "a", said * DAY, "st-1")
    change = Change(ChangeKind.NUMBER, figure, after)
    finding = Finding(Claim(f"{after} {of}.", Role.SENTENCE), Novelty.CHANGED, 90.0, (change,), nearest, "st-1")
    return StoryFinding(source, day * DAY, finding)


def shown(*tellings: StoryFinding) -> list[list[tuple[str, str, float]]]:
    return [[(stood.text, stood.source, stood.at / DAY) for stood in course] for course in figure_series(tellings)]


def test_a_source_that_only_repeats_another_word_for_word_is_not_independent():
    told = heard(
        [
            tells("wire", 1, "The ferry sank off Halvik."),
            tells("wire", 1, "Forty people are dead."),
            tells("copy", 2, "THE FERRY SANK OFF HALVIK", Novelty.REPEATED),
            tells("desk", 2, "The ferry sank off Halvik.", Novelty.REPEATED),
            tells("desk", 3, "Divers have found the wreck."),
        ]
    )
    assert [(one.source, one.first_claim.at / DAY, one.claim_count, one.copied_from) for one in told] == [
        ("wire", 1, 2, ""),
        ("copy", 2, 1, "wire"),
        ("desk", 2, 2, ""),
    ]
    assert StorySummary("st-1", "Ferry sinks", DAY, 3 * DAY, told, ()).independent_count == 2


def test_a_source_that_says_the_same_in_its_own_words_is_independent():
    told = heard([tells("wire", 1, "The ferry sank."), tells("desk", 2, "The ferry went down.", Novelty.REPEATED)])
    assert [one.copied_from for one in told] == ["", ""]


def test_what_is_taken_back_or_never_news_makes_nobody_a_source():
    assert (
        heard([tells("wire", 1, "It sank.", Novelty.WITHDRAWN), tells("desk", 1, "Why?", quiet=Noise.QUESTION)]) == ()
    )


def test_a_figure_is_followed_over_sources_and_days():
    assert shown(
        moves("wire", 2, ("around 3,000", 1), "6,000"),
        moves("desk", 4, ("6,000", 2), "up to 12,000"),
    ) == [[("around 3,000", "port", 1), ("6,000", "wire", 2), ("up to 12,000", "desk", 4)]]


def test_a_source_that_lags_behind_does_not_tell_a_figure_twice():
    rise = [moves("wire", 2, ("40", 1), "55"), moves("desk", 3, ("55", 2), "70")]
    assert shown(*rise, moves("late", 4, ("40", 1), "70")) == shown(*rise)


def test_a_figure_that_goes_back_is_told():
    course = shown(moves("wire", 2, ("40", 1), "55"), moves("desk", 3, ("55", 2), "40"))
    assert [text for text, _, _ in course[0]] == ["40", "55", "40"]


def test_figures_of_two_things_are_two_courses():
    dead = moves("wire", 2, ("3", 1), "4")
    missing = moves("wire", 2, ("3", 1), "5", of="people are missing")
    assert [[text for text, _, _ in course] for course in shown(dead, missing)] == [["3", "4"], ["3", "5"]]
