"""The coordinates of charts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import FigurePoint
from monitor.web.charts import (
    axis_for,
    bar_chart,
    labeled_points,
    line_chart,
    number_label,
    round_step,
    time_positions,
)


@pytest.mark.parametrize(("wanted", "step"), [(1, 1), (3, 5), (0.03, 0.05), (2500, 5000), (7, 10), (0.2, 0.2)])
def test_the_steps_of_an_axis_are_round_numbers(wanted: float, step: float) -> None:
    assert round_step(wanted) == pytest.approx(step)


@pytest.mark.parametrize(
    ("value", "label"), [(0, "0"), (12_000, "12,000"), (0.25, "0.25"), (1.5e6, "1.5 m"), (-40, "-40"), (2e9, "2 bn")]
)
def test_numbers_are_short(value: float, label: str) -> None:
    assert number_label(value) == label


@given(st.lists(st.floats(-1e15, 1e15), min_size=1, max_size=12))
def test_every_value_is_within_the_axis(values: list[float]) -> None:
    axis = axis_for(values)

    assert 2 <= len(axis.ticks) <= 7
    assert all(20 - 1 <= axis.y(value) <= 170 + 1 for value in values)


def test_bars_stack_by_severity_the_most_severe_at_the_bottom() -> None:
    chart = bar_chart([{}, {"low": 2, "critical": 1, "unknown": 9}])
    empty, full = chart["bars"]

    assert (empty["parts"], empty["total"]) == ([], 0)
    assert [part["severity"] for part in full["parts"]] == ["critical", "low"]
    assert full["parts"][0]["y"] + full["parts"][0]["height"] == pytest.approx(chart["base"])
    assert full["parts"][1]["y"] + full["parts"][1]["height"] == pytest.approx(full["parts"][0]["y"])


def test_points_are_placed_by_time() -> None:
    points = [FigurePoint(at, value, str(value), "wire") for at, value in ((0.0, 10.0), (30.0, 20.0), (100.0, 40.0))]
    texts = [{"text": point.text, "day": "", "at": "", "source": ""} for point in points]
    chart = line_chart(points, texts)

    assert [point["x"] for point in chart["points"]] == [15.0, 39.3, 96.0]
    heights = [point["y"] for point in chart["points"]]
    assert heights == sorted(heights, reverse=True)
    assert len(chart["steps"]) == 2


def test_points_of_one_moment_are_spread() -> None:
    assert time_positions([5.0, 5.0]) == [35.25, 75.75]
    assert time_positions([]) == []


def test_labels_that_would_overlap_are_left_out() -> None:
    assert labeled_points([6.0, 8.0, 50.0, 93.0, 94.0]) == {0, 2, 4}
    assert labeled_points([]) == set()
