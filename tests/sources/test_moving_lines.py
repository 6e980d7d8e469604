"""Lines that move at every poll are found by their words, for one notice that names them."""

from __future__ import annotations

import pytest

from monitor.model import Claim, Finding, Noise, Novelty, Role
from monitor.sources.flapping import EntryVersion
from monitor.sources.moving_lines import MIN_MOVES, find_moving_lines, follow_each_poll, moving_issue

MINUTE = 60.0


def finding(text: str, novelty: Novelty = Novelty.CHANGED, noise: Noise | None = None) -> Finding:
    return Finding(Claim(text, Role.SENTENCE, "", noise), novelty, 90.0, (), None, "st")


def moving(*texts: str, novelty: Novelty = Novelty.CHANGED, noise: Noise | None = None) -> tuple[str, ...]:
    """The moving lines of the last of these revisions of one line each."""
    *before, last = ([finding(text, novelty, noise)] for text in texts)
    return find_moving_lines(last, before)


@pytest.mark.parametrize(
    "texts",
    [
        ("Price valid until 20 December", "Price valid until 21 December", "Price valid until 22 December"),
        ("Noch 3 Tage und 2 Stunden", "Noch 2 Tage und 23 Stunden", "Noch 1 Tag und 23 Stunden"),
        ("Сегодня купили 12 человек", "Сегодня купили 15 человек", "Сегодня купили 22 человека"),
        ("Odwiedzin: 10 001", "Odwiedzin: 10 144", "Odwiedzin: 10 207"),
        ("Sale ends on Monday", "Sale ends on Tuesday", "Sale ends on Wednesday"),
    ],
)
def test_a_line_with_the_same_words_and_other_figures_moves(texts: tuple[str, ...]) -> None:
    assert moving(*texts) == (texts[-1],)


def test_a_line_without_a_changing_number_is_not_moving() -> None:
    assert moving("Pier 3 is closed", "Line 4 is late by 5 minutes", "The crane weighs 30 tons") == ()
    assert moving("The pier is closed", "The pier is closed", "The pier is closed") == ()
    assert moving("Page views: 1", "Page views: 2", "Page views: 3", noise=Noise.VOLATILE) == ()
    assert moving("Visitor 1", "Visitor 2", "Visitor 3", novelty=Novelty.WITHDRAWN) == ()


def test_a_line_must_move_in_each_revision() -> None:
    last = [finding("Visitor no. 4"), finding("40 killed")]
    before = [[finding("Visitor no. 3"), finding("38 killed")], [finding("Visitor no. 2")]]
    assert find_moving_lines(last, before) == ("Visitor no. 4",)


def versions(*minutes: float) -> list[EntryVersion]:
    return [EntryVersion(number, None, minute * MINUTE) for number, minute in enumerate(minutes)]


@pytest.mark.parametrize(
    ("stored", "last_good", "expected"),
    [
        ((45, 30, 15, 0), 45, True),
        ((45, 30, 15, -90), 45, True),  # how long the first of the versions had lasted does not matter
        ((45, 30, 15), 45, False),
        ((30, 15, 0, -15), 45, False),  # the last poll brought no change
        ((45, 30, -60, -75), 45, False),
    ],
)
def test_an_entry_follows_each_poll_if_it_changed_at_each_of_the_last_four(
    stored: tuple[float, ...], last_good: float, expected: bool
) -> None:
    assert MIN_MOVES == 4
    assert follow_each_poll(versions(*stored), 60 * MINUTE, last_good * MINUTE) is expected


def test_the_issue_names_the_lines_and_the_pattern_to_ignore() -> None:
    one = moving_issue(("Price valid until 2026-12-20",))
    assert one.kind == "moving"
    assert "“Price valid until 2026-12-20”" in one.text
    assert '`ignore = ["Price valid until"]`' in one.text
    several = moving_issue(tuple(f"Visitor no. {n}\x1b" for n in range(9)))
    assert several.text.startswith("9 lines change at every poll")
    assert "and 6 more" in several.text
    assert several.text.isprintable()
    assert "an `ignore` pattern" in moving_issue(("40 | 12",)).text
