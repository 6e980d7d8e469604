"""A figure over time as a rule's alerts of one story told it: 3,000 → 8,000 → 12,000, who said so, when.

Each alert carries the whole chain, so telling the next one needs no look-up but the last alert.
"""

from __future__ import annotations

from dataclasses import replace

from monitor.model import Alert, AlertFinding, Change, Kind, Novelty, Said, Stood
from monitor.ruleset.figures import quantities

LONGEST = 12  # of a longer chain the oldest is kept, and the newest


def chained(alert: Alert, last: Alert | None) -> Alert:
    """The alert with the history of each figure that moved; `last` is its rule's last alert of the story."""
    told = last.findings if last else ()
    return replace(alert, findings=tuple(replace(f, history=history(f, told)) for f in alert.findings))


def history(finding: AlertFinding, told: tuple[AlertFinding, ...]) -> tuple[Stood, ...]:
    """Where the finding's figure stood, oldest first, ending with this finding; empty if no figure moved."""
    change = next((change for change in finding.changes if moved(change)), None)
    if finding.novelty is not Novelty.CHANGED or finding.nearest is None or change is None:
        return ()
    before, now = before_it(change, finding.nearest), as_it_is(change, finding)
    if before is None or now is None:
        return ()
    earlier = [stood for stood in continued(finding.nearest, change, told) if stood.at <= now.at]
    known = earlier if earlier and earlier[-1].value == before.value else [*earlier, before]
    return tuple(cut([*known, now]))


def moved(change: Change) -> bool:
    """Is it a figure that was another figure?"""
    return change.kind is Kind.NUMBER and bool(change.before and change.after)


def before_it(change: Change, nearest: Said) -> Stood | None:
    value = amount(change.before)
    return None if value is None else Stood(nearest.at, value, change.before, nearest.source)


def as_it_is(change: Change, finding: AlertFinding) -> Stood | None:
    value = amount(change.after)
    return None if value is None else Stood(finding.published, value, change.after, finding.source)


def continued(nearest: Said, change: Change, told: tuple[AlertFinding, ...]) -> tuple[Stood, ...]:
    """The chain that was told of and that this change goes on with: of the same claim, or ending where it begins."""
    chains = [one for one in told if one.history]
    same = [one for one in chains if one.claim == nearest.text]
    ends = [one for one in chains if one.history[-1].value == amount(change.before)]
    return (same or ends)[0].history if same or ends else ()


def amount(text: str) -> float | None:
    """The number a figure states, the upper end of a range; None if there is none."""
    found = quantities(text)
    return max(quantity.high for quantity in found) if found else None


def cut(known: list[Stood]) -> list[Stood]:
    return known if len(known) <= LONGEST else [known[0], *known[-(LONGEST - 1) :]]
