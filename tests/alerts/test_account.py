"""The account of a story: independent sources, and figures over time."""

from __future__ import annotations

from monitor.alerts.account import Account, Telling, courses, sayings
from monitor.alerts.voices import Voice, voices
from monitor.model import Change, Claim, Finding, Kind, Novelty, Quiet, Role, Said

DAY = 86400.0


def tells(source: str, day: int, text: str, novelty: Novelty = Novelty.NEW, quiet: Quiet | None = None) -> Telling:
    finding = Finding(Claim(text, Role.SENTENCE, quiet=quiet), novelty, 0.0, (), None, "st-1")
    return Telling(source, day * DAY, finding)


def heard(tellings: list[Telling]) -> tuple[Voice, ...]:
    return voices(sayings(tellings))


def moves(source: str, day: int, before: tuple[str, int], after: str, of: str = "people are dead") -> Telling:
    """`source` says that a figure, which stood on some day, is another."""
    figure, said = before
    nearest = Said(f"{figure} {of}.", "port", "a", said * DAY, "st-1")
    change = Change(Kind.NUMBER, figure, after)
    finding = Finding(Claim(f"{after} {of}.", Role.SENTENCE), Novelty.CHANGED, 90.0, (change,), nearest, "st-1")
    return Telling(source, day * DAY, finding)


def shown(*tellings: Telling) -> list[list[tuple[str, str, float]]]:
    return [[(stood.text, stood.source, stood.at / DAY) for stood in course] for course in courses(tellings)]


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
    assert [(one.source, one.first.at / DAY, one.claims, one.copies) for one in told] == [
        ("wire", 1, 2, ""),
        ("copy", 2, 1, "wire"),
        ("desk", 2, 2, ""),
    ]
    assert Account("st-1", "Ferry sinks", DAY, 3 * DAY, told, ()).independent == 2


def test_a_source_that_says_the_same_in_its_own_words_is_independent():
    told = heard([tells("wire", 1, "The ferry sank."), tells("desk", 2, "The ferry went down.", Novelty.REPEATED)])
    assert [one.copies for one in told] == ["", ""]


def test_what_is_taken_back_or_never_news_makes_nobody_a_source():
    assert (
        heard([tells("wire", 1, "It sank.", Novelty.WITHDRAWN), tells("desk", 1, "Why?", quiet=Quiet.QUESTION)]) == ()
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
