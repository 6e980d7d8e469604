"""A figure over time as a rule's alerts of one story told it: 3,000 → 8,000 → 12,000, who said so, when.

Each alert carries the whole chain, so telling the next one needs no look-up but the last alert.
"""

from __future__ import annotations

from dataclasses import replace

from monitor.model import Alert, AlertFinding, Change, ChangeKind, FigurePoint, Novelty, PriorClaim
from monitor.ruleset.query.figures import stated_quantities

MAX_HISTORY_POINTS = 12  # of a longer chain the oldest is kept, and the newest


def with_figure_history(alert: Alert, last_alert: Alert | None) -> Alert:
    """The alert with the history of each figure that moved; `last` is its rule's last alert of the story."""
    last_findings = last_alert.findings if last_alert else ()
    return replace(
        alert,
        findings=tuple(
            replace(finding, history=figure_history(finding, last_findings)) for finding in alert.findings
        ),
    )


def figure_history(finding: AlertFinding, last_findings: tuple[AlertFinding, ...]) -> tuple[FigurePoint, ...]:
    """Where the finding's figure stood, oldest first, ending with this finding; empty if no figure moved."""
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
    """Is it a figure that was another figure?"""
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
    """The chain that was told of and that this change goes on with: of the same claim, or ending where it begins."""
    with_history = [past_finding for past_finding in last_findings if past_finding.history]
    same_claim = [past_finding for past_finding in with_history if past_finding.claim == nearest.text]
    ending_here = [
        past_finding for past_finding in with_history if past_finding.history[-1].value == amount(change.before)
    ]
    return (same_claim or ending_here)[0].history if same_claim or ending_here else ()


def amount(text: str) -> float | None:
    """The number a figure states, the upper end of a range; None if there is none."""
    stated = stated_quantities(text)
    return max(quantity.high for quantity in stated) if stated else None


def truncate_history(points: list[FigurePoint]) -> list[FigurePoint]:
    return points if len(points) <= MAX_HISTORY_POINTS else [points[0], *points[-(MAX_HISTORY_POINTS - 1) :]]
