"""A figure over time: what the alerts of one story told of it, one after the other."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from kit.delivery import make_alert, make_alert_finding, make_prior_claim

from monitor.alerts.figure_history import MAX_HISTORY_POINTS, amount, with_figure_history
from monitor.model import Alert, AlertFinding, Change, ChangeKind, Novelty

DAY = 86400.0


def rise(before: str, after: str, day: int, **other: object) -> AlertFinding:
    """A finding of some day by which the soldiers in Kursk are more than the day before."""
    return make_alert_finding(
        f"{after} soldiers are in Kursk.",
        novelty=Novelty.CHANGED,
        published=day * DAY,
        nearest=make_prior_claim(f"{before} soldiers are in Kursk.", at=(day - 1) * DAY),
        changes=(Change(ChangeKind.NUMBER, before, after),),
        **other,
    )


def told(*figures: str) -> Alert:
    """The last of the alerts that told of a figure as it rose, day by day."""
    last = None
    for day, (before, after) in enumerate(pairwise(figures), start=2):
        last = with_figure_history(make_alert(rise(before, after, day)), last)
    assert last is not None
    return last


def values(made: Alert) -> list[float]:
    return [stood.value for stood in made.findings[0].history]


def test_the_first_change_has_two_ends_with_who_said_them_and_when() -> None:
    before, now = told("Around 3,000", "Up to 12,000").findings[0].history
    assert (before.text, before.source, before.at, before.value) == ("Around 3,000", "wire", DAY, 3000.0)
    assert (now.text, now.source, now.at, now.value) == ("Up to 12,000", "isw", 2 * DAY, 12000.0)


def test_each_alert_goes_on_where_the_last_one_ended() -> None:
    assert values(told("1,500", "Around 3,000", "8,000", "Up to 12,000")) == [1500.0, 3000.0, 8000.0, 12000.0]


def test_what_was_held_back_in_between_still_stands_in_the_chain() -> None:
    last = told("1,500", "3,000")
    now = with_figure_history(
        make_alert(rise("5,000", "8,000", 4)), replace(last, findings=(rise("1,500", "3,000", 2),))
    )
    assert values(now) == [5000.0, 8000.0]
    same_claim = replace(last.findings[0], claim="5,000 soldiers are in Kursk.")
    assert values(
        with_figure_history(make_alert(rise("5,000", "8,000", 4)), replace(last, findings=(same_claim,)))
    ) == [
        1500.0,
        3000.0,
        5000.0,
        8000.0,
    ]


def test_another_figure_of_the_story_is_another_chain() -> None:
    tanks = replace(
        rise("40", "60", 3), claim="60 tanks are in Kursk.", nearest=make_prior_claim("40 tanks are in Kursk.")
    )
    assert values(with_figure_history(make_alert(tanks), told("1,500", "3,000"))) == [40.0, 60.0]


def test_a_long_chain_keeps_where_it_began() -> None:
    grown = values(told(*(str(number * 10) for number in range(1, 40))))
    assert (len(grown), grown[0], grown[-1]) == (MAX_HISTORY_POINTS, 10.0, 390.0)


@pytest.mark.parametrize(
    "other",
    [
        {"novelty": Novelty.NEW},
        {"changes": (Change(ChangeKind.PLACE, "Kursk", "Sudzha"),)},
        {"changes": (Change(ChangeKind.NUMBER, "", "3,000"),)},
        {"nearest": None},
    ],
)
def test_where_no_figure_moved_there_is_no_history(other: dict[str, object]) -> None:
    assert (
        with_figure_history(make_alert(replace(rise("1,500", "3,000", 2), **other)), None).findings[0].history == ()
    )


def test_a_range_counts_by_its_upper_end_and_words_count_too() -> None:
    assert [amount(text) for text in ("10,000 to 12,000", "a dozen", "$1.5 million", "many")] == [
        12000.0,
        12.0,
        1_500_000.0,
        None,
    ]
