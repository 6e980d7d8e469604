"""What moved since a rule last told of a story: "3,000 → 12,000", whatever was held back in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from monitor.alerts.short import in_short
from monitor.compare.verdict import judge
from monitor.model import Alert, AlertFinding, Change, Context, Novelty
from monitor.text.words import NO_SYNONYMS, read

MOST = 3


def since_last(findings: Sequence[AlertFinding], last: Alert | None) -> str | None:
    """What the findings say otherwise than the last alert did; None if nothing of it can be told so shortly."""
    if last is None:
        return None
    claims = [told.claim for told in last.findings]
    moved = [change for finding in findings for change in in_short(tuple(moves(finding, claims)))]
    shown = dict.fromkeys(f"{change.before} → {change.after}" for change in moved if change.before and change.after)
    return "; ".join(list(shown)[:MOST]) or None


def moves(finding: AlertFinding, told: Sequence[str]) -> Iterator[Change]:
    """The changes from the claim that was told; where it was another than the nearest, the two are compared."""
    if finding.novelty is not Novelty.CHANGED:
        return
    if finding.nearest is not None and finding.nearest.text in told:
        yield from finding.changes
        return
    now = read(finding.claim, NO_SYNONYMS)
    verdicts = [judge(read(claim, NO_SYNONYMS), now, Context.ELSEWHERE) for claim in told]
    changed = [verdict for verdict in verdicts if verdict.novelty is Novelty.CHANGED]
    if changed:
        yield from max(changed, key=lambda verdict: verdict.similarity).changes
