"""What a sentence states apart from who said so: attributions, relative days, clauses."""

import pytest

from monitor.text.analysis import analyze
from monitor.text.statement import read_statement


def stated_words(text):
    """The words of the terms that the sentence states."""
    analysis = analyze(text)
    void = read_statement(analysis).void
    return [term.word.folded for key, term in analysis.terms.items() if key not in void]


@pytest.mark.parametrize(
    "text",
    [
        "The harbour office reported on Monday that the Aurora sank near Halvik.",
        "Spokesman Jon Lie said the Aurora sank near Halvik.",
        "The Aurora sank near Halvik, officials said.",
        "The Aurora sank near Halvik, the harbour office said on Monday.",
        "According to the coast guard, the Aurora sank near Halvik.",
        "As reported by the Ostra Courier on 3 May, the Aurora sank near Halvik.",
        "The Aurora sank near Halvik, according to the coast guard.",
    ],
)
def test_an_attribution_is_not_part_of_the_statement(text):
    assert set(stated_words(text)) == {"aurora", "sank", "near", "halvik"}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("No damage was reported in the village of Ostra.", "ostra"),  # passive: nobody is named
        ("The miners announced a strike at the Halvik pit.", "announced"),  # an act
        ("Norland warned its citizens against travel to Ostra.", "warned"),
        ("The Halvik report was late.", "halvik"),  # a noun
    ],
)
def test_a_sentence_without_attribution_is_a_statement_as_a_whole(text, word):
    assert word in stated_words(text)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("A bus left the road yesterday.", [(-1, -1)]),
        ("A bus left the road overnight near Lviv.", [(-1, 0)]),
        ("Two bridges were hit in the past 24 hours.", [(-1, 0)]),
        ("Вчора у порту згорів склад.", [(-1, -1)]),
        ("The vote is tomorrow.", [(1, 1)]),
        ("The mayor said yesterday that the vote is tomorrow.", [(1, 1)]),  # the day of speaking does not count
    ],
)
def test_relative_days_are_those_of_the_event(text, days):
    assert list(read_statement(analyze(text)).relative_days) == days


def test_a_date_of_the_attribution_is_no_date_of_the_event():
    statement = read_statement(analyze("The office said on 4 May that the pier reopens on 9 May."))
    assert [date.day for date in statement.dates] == [9]


def test_clauses_end_at_marks_and_conjunctions():
    statement = read_statement(analyze("The pier, which burned down in March, reopened and the ferry returned."))
    assert [list(clause) for clause in statement.clauses][-1] == ["ferri", "=return"]
    assert len(statement.clauses) == 4


@pytest.mark.parametrize("text", ["Another depot burned.", "One more depot burned.", "Горить ще один склад."])
def test_one_more_of_a_kind_is_recognized(text):
    assert read_statement(analyze(text)).is_additional
