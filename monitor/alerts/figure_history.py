"""The history of a figure over a rule's alerts on one story: 3,000 → 8,000 → 12,000, with source and time.

Each alert carries the whole history, so the next one needs only the last alert to extend it.
"""

from __future__ import annotations

from dataclasses import replace

from monitor.model import Alert, AlertFinding, Change, ChangeKind, FigurePoint, Novelty, PriorClaim
from monitor.text.stated_numbers import NumberKind, stated_numbers

MAX_HISTORY_POINTS = 12  # a longer history keeps its oldest point and the newest ones


def with_figure_history(alert: Alert, last_alert: Alert | None) -> Alert:
    """Add the history of each figure that changed. `last_alert` is the rule's last alert on the story."""
    last_findings = last_alert.findings if last_alert else ()
    findings = (replace(finding, history=figure_history(finding, last_findings)) for finding in alert.findings)
    return replace(alert, findings=tuple(findings))


def figure_history(finding: AlertFinding, last_findings: tuple[AlertFinding, ...]) -> tuple[FigurePoint, ...]:
    """Return the points of the finding's figure, oldest first, up to this finding; empty if no figure changed."""
    change = next((change for change in finding.changes if is_figure_change(change)), None)
    if finding.novelty is not Novelty.CHANGED or finding.nearest is None or change is None:
        return ()
    previous, current = previous_point(change, finding.nearest), current_point(change, finding)
    if previous is None or current is None:
        return ()
    earlier = [point for point in earlier_points(finding.nearest, change, last_findings) if point.at <= current.at]
    points = earlier if earlier and earlier[-1].value == previous.value else [*earlier, previous]
    return tuple(truncate_history([*points, current]))


def is_figure_change(change: Change) -> bool:
    """Return whether a figure changed to another one, rather than appeared or disappeared."""
    return change.kind is ChangeKind.NUMBER and bool(change.before and change.after)


def previous_point(change: Change, nearest: PriorClaim) -> FigurePoint | None:
    value = amount(change.before)
    return None if value is None else FigurePoint(nearest.at, value, change.before, nearest.source)


def current_point(change: Change, finding: AlertFinding) -> FigurePoint | None:
    value = amount(change.after)
    return None if value is None else FigurePoint(finding.published, value, change.after, finding.source)


def earlier_points(
    nearest: PriorClaim, change: Change, last_findings: tuple[AlertFinding, ...]
) -> tuple[FigurePoint, ...]:
    """Return the alerted history that the change continues: the prior claim's, or one that ends at the same value."""
    with_history = [finding for finding in last_findings if finding.history]
    of_prior_claim = [finding.history for finding in with_history if finding.claim == nearest.text]
    value = amount(change.before)
    with_same_end = [finding.history for finding in with_history if finding.history[-1].value == value]
    return next(iter(of_prior_claim or with_same_end), ())


def amount(text: str) -> float | None:
    """Return the number that a text states, of a range the upper end; None if it states none."""
    stated = [number.high for number in stated_numbers(text) if number.kind is not NumberKind.FORECAST]
    return max(stated, default=None)


def truncate_history(points: list[FigurePoint]) -> list[FigurePoint]:
    return points if len(points) <= MAX_HISTORY_POINTS else [points[0], *points[-(MAX_HISTORY_POINTS - 1) :]]
