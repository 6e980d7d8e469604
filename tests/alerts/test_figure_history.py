"""The history of a figure over the alerts on one story."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from kit.delivery import make_alert, make_alert_finding, make_prior_claim

from monitor.alerts.figure_history import MAX_HISTORY_POINTS, amount, with_figure_history
from monitor.model import Alert, AlertFinding, Change, ChangeKind, Novelty

DAY = 86400.0


def increase(before: str, after: str, day: int, **overrides: object) -> AlertFinding:
    """A finding of a day on which the number of soldiers in Kursk is larger than on the day before."""
    return make_alert_finding(
        f"{after} soldiers are in Kursk.",
        novelty=Novelty.CHANGED,
        published=day * DAY,
        nearest=make_prior_claim(f"{before} soldiers are in Kursk.", at=(day - 1) * DAY),
        changes=(Change(ChangeKind.NUMBER, before, after),),
        **overrides,
    )


def last_alert_of(*figures: str) -> Alert:
    """The last of a series of alerts, one a day, on a figure that takes these values."""
    last = None
    for day, (before, after) in enumerate(pairwise(figures), start=2):
        last = with_figure_history(make_alert(increase(before, after, day)), last)
    assert last is not None
    return last


def values(alert: Alert) -> list[float]:
    return [point.value for point in alert.findings[0].history]


def test_the_first_change_has_two_points_with_source_and_time() -> None:
    before, now = last_alert_of("Around 3,000", "Up to 12,000").findings[0].history
    assert (before.text, before.source, before.at, before.value) == ("Around 3,000", "wire", DAY, 3000.0)
    assert (now.text, now.source, now.at, now.value) == ("Up to 12,000", "isw", 2 * DAY, 12000.0)


def test_each_alert_continues_the_history_of_the_last_one() -> None:
    last = last_alert_of("1,500", "Around 3,000", "8,000", "Up to 12,000")
    assert values(last) == [1500.0, 3000.0, 8000.0, 12000.0]


def test_a_history_continues_over_a_value_that_was_not_alerted_if_the_claim_is_the_same() -> None:
    last = last_alert_of("1,500", "3,000")
    alert = make_alert(increase("5,000", "8,000", 4))
    without_history = replace(last, findings=(increase("1,500", "3,000", 2),))
    assert values(with_figure_history(alert, without_history)) == [5000.0, 8000.0]
    same_claim = replace(last.findings[0], claim="5,000 soldiers are in Kursk.")
    with_history = replace(last, findings=(same_claim,))
    assert values(with_figure_history(alert, with_history)) == [1500.0, 3000.0, 5000.0, 8000.0]


def test_another_figure_of_the_story_has_its_own_history() -> None:
    nearest = make_prior_claim("40 tanks are in Kursk.")
    tanks = replace(increase("40", "60", 3), claim="60 tanks are in Kursk.", nearest=nearest)
    assert values(with_figure_history(make_alert(tanks), last_alert_of("1,500", "3,000"))) == [40.0, 60.0]


def test_a_truncated_history_keeps_its_first_point() -> None:
    history = values(last_alert_of(*(str(number * 10) for number in range(1, 40))))
    assert (len(history), history[0], history[-1]) == (MAX_HISTORY_POINTS, 10.0, 390.0)


@pytest.mark.parametrize(
    "overrides",
    [
        {"novelty": Novelty.NEW},
        {"changes": (Change(ChangeKind.PLACE, "Kursk", "Sudzha"),)},
        {"changes": (Change(ChangeKind.NUMBER, "", "3,000"),)},
        {"nearest": None},
    ],
)
def test_without_a_changed_figure_there_is_no_history(overrides: dict[str, object]) -> None:
    alert = make_alert(replace(increase("1,500", "3,000", 2), **overrides))
    assert with_figure_history(alert, None).findings[0].history == ()


def test_the_amount_is_the_upper_end_of_a_range_and_may_be_in_words() -> None:
    amounts = [amount(text) for text in ("10,000 to 12,000", "a dozen", "$1.5 million", "many")]
    assert amounts == [12000.0, 12.0, 1_500_000.0, None]
