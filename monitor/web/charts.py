"""Coordinates of the charts, which the templates draw as SVG.

Horizontal positions are percentages, so that a chart fills its column while its text keeps its size; vertical ones
are pixels. There are no styles in the markup: the content security policy allows none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import floor, log10
from typing import Any

from monitor.model import FigurePoint, Severity

PLOT_HEIGHT = 150  # px between the highest and the lowest grid line
PLOT_TOP = 20  # px above the highest one, for its label
LEFT, RIGHT = 15.0, 4.0  # percent beside the points of a line; the labels of the grid are on the left
BAR_LEFT = 4.0  # percent beside the bars, for the same labels
MAX_TICKS = 4
MIN_LABEL_GAP = 14.0  # percent between two labels of points


@dataclass(frozen=True, slots=True)
class Axis:
    """A vertical scale from `low` to `high` with grid lines at `ticks`."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def y(self, value: float) -> float:
        """Return the height of a value in the picture, in px from the top."""
        return round(PLOT_TOP + PLOT_HEIGHT * (1 - (value - self.low) / (self.high - self.low)), 1)


def axis_for(values: Sequence[float]) -> Axis:
    """Return the axis for some values: from 0, with round numbers at the grid lines."""
    low, high = min([0.0, *values]), max([0.0, *values])
    step = round_step((high - low) / MAX_TICKS or 1.0)
    first, last = floor(low / step), -floor(-high / step)
    last = max(last, first + 1)
    return Axis(first * step, last * step, tuple(number * step for number in range(first, last + 1)))


def round_step(wanted: float) -> float:
    """Return the smallest of 1, 2, 5, 10, 20, 50 … that is at least `wanted`."""
    magnitude = 10.0 ** floor(log10(wanted))
    return next(factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= wanted * 0.999)


def number_label(value: float) -> str:
    """Return `12,000`, `1.5 m` or `0.25`."""
    for limit, unit in ((1e9, " bn"), (1e6, " m")):
        if abs(value) >= limit:
            return f"{value / limit:,.6g}{unit}"
    return f"{value:,.10g}" if value != int(value) else f"{int(value):,}"


def grid(axis: Axis) -> list[dict[str, Any]]:
    """Return the grid lines with their labels, the lowest first."""
    return [{"y": axis.y(tick), "label": number_label(tick)} for tick in axis.ticks]


def bar_chart(counts: Sequence[Mapping[str, int]]) -> dict[str, Any]:
    """Return a chart with a bar for each of these counts by severity, the most severe at the bottom.

    `bars` have `x` and `width` in percent, `total`, and `parts` with `y`, `height` and `severity`.
    """
    totals = [sum(count.values()) for count in counts]
    axis = axis_for([*totals, 4])
    slot = (100 - BAR_LEFT) / max(1, len(counts))
    bars = [
        {
            "x": round(BAR_LEFT + slot * (index + 0.14), 2),
            "middle": round(BAR_LEFT + slot * (index + 0.5), 2),
            "width": round(slot * 0.72, 2),
            "total": total,
            "top": axis.y(total),
            "parts": bar_parts(count, axis),
        }
        for index, (count, total) in enumerate(zip(counts, totals, strict=True))
    ]
    return {"bars": bars, "grid": grid(axis), "base": axis.y(0), "height": PLOT_TOP + PLOT_HEIGHT + 24}


def bar_parts(count: Mapping[str, int], axis: Axis) -> list[dict[str, Any]]:
    parts, below = [], 0
    for severity in sorted(Severity, key=lambda severity: -severity.rank):
        if number := count.get(severity.value, 0):
            top = axis.y(below + number)
            parts.append({"severity": severity.value, "y": top, "height": round(axis.y(below) - top, 1)})
            below += number
    return parts


def line_chart(points: Sequence[FigurePoint], texts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a chart of a figure over time. `texts` has the shown `text`, `day`, `at` and `source` of each point.

    `points` have `x` in percent and `y` in px; `is_labeled` for those whose labels do not overlap: the last, the
    first, and what fits between. `steps` connect them.
    """
    axis = axis_for([point.value for point in points])
    positions = time_positions([point.at for point in points])
    labeled = labeled_points(positions)
    shown = [
        {**text, "x": x, "y": axis.y(point.value), "is_labeled": index in labeled, "anchor": anchor(x)}
        for index, (point, text, x) in enumerate(zip(points, texts, positions, strict=True))
    ]
    steps = [
        {"x1": before["x"], "y1": before["y"], "x2": after["x"], "y2": after["y"]}
        for before, after in pairwise(shown)
    ]
    return {
        "points": shown,
        "steps": steps,
        "grid": grid(axis),
        "base": PLOT_TOP + PLOT_HEIGHT,
        "height": PLOT_TOP + PLOT_HEIGHT + 24,
    }


def anchor(x: float) -> str:
    """Return which end of a label is at its point, so that it stays in the picture."""
    if x < LEFT + 5:
        return "start"
    return "end" if x > 85 else "middle"


def time_positions(moments: Sequence[float]) -> list[float]:
    """Return the horizontal positions of moments in percent; evenly spaced if all are the same."""
    first, last = min(moments, default=0.0), max(moments, default=0.0)
    width = 100 - LEFT - RIGHT
    if last <= first:
        return [round(LEFT + width * (index + 0.5) / len(moments), 2) for index in range(len(moments))]
    return [round(LEFT + width * (at - first) / (last - first), 2) for at in moments]


def labeled_points(positions: Sequence[float]) -> set[int]:
    """Return the indexes of the points with labels: the last one, the first one, and those far enough from both."""
    labeled: list[int] = []
    for index in [len(positions) - 1, *range(len(positions) - 1)]:
        if index >= 0 and all(abs(positions[index] - positions[other]) >= MIN_LABEL_GAP for other in labeled):
            labeled.append(index)
    return set(labeled)
