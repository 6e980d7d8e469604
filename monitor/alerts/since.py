"""What moved since a rule last told of a story: "3,000 → 12,000", whatever was held back in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from monitor.alerts.short import short_changes
from monitor.compare.verdict import judge
from monitor.model import Alert, AlertFinding, Change, Novelty, Relation
from monitor.text.words import NO_SYNONYMS, analyze

MAX_CHANGES_SHOWN = 3


def since_last(findings: Sequence[AlertFinding], last_alert: Alert | None) -> str | None:
    """What the findings say otherwise than the last alert did; None if nothing of it can be told so shortly."""
    if last_alert is None:
        return None
    claims = [previous.claim for previous in last_alert.findings]
    changes = [change for finding in findings for change in short_changes(tuple(changes_since(finding, claims)))]
    texts = dict.fromkeys(f"{change.before} → {change.after}" for change in changes if change.before and change.after)
    return "; ".join(list(texts)[:MAX_CHANGES_SHOWN]) or None


def changes_since(finding: AlertFinding, prior_texts: Sequence[str]) -> Iterator[Change]:
    """The changes from the claim that was told; where it was another than the nearest, the two are compared."""
    if finding.novelty is not Novelty.CHANGED:
        return
    if finding.nearest is not None and finding.nearest.text in prior_texts:
        yield from finding.changes
        return
    current = analyze(finding.claim, NO_SYNONYMS)
    verdicts = [judge(analyze(claim, NO_SYNONYMS), current, Relation.ELSEWHERE) for claim in prior_texts]
    changed_verdicts = [verdict for verdict in verdicts if verdict.novelty is Novelty.CHANGED]
    if changed_verdicts:
        yield from max(changed_verdicts, key=lambda verdict: verdict.similarity).changes
