"""Changes that fit into a few words, such as `before → after` or `(was …)`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from monitor.compare.verdict import judge
from monitor.model import Alert, AlertFinding, Change, ChangeKind, Novelty, Relation
from monitor.text.analysis import NO_SYNONYMS, analyze

# Kinds that read well in a few words, most informative first.
SHORT_KINDS = (ChangeKind.NUMBER, ChangeKind.DATE, ChangeKind.NAME, ChangeKind.PLACE)
MAX_CHANGES_SHOWN = 3


def short_changes(changes: Sequence[Change]) -> list[Change]:
    """Return the changes that read well in a few words; none beside a changed negation, which they would hide."""
    if any(change.kind is ChangeKind.NEGATION for change in changes):
        return []
    return [change for change in changes if change.kind in SHORT_KINDS]


def since_last(findings: Sequence[AlertFinding], last_alert: Alert | None) -> str | None:
    """Return what changed since the last alert, as `before → after; …`; None if that cannot be said briefly."""
    if last_alert is None:
        return None
    claims = [previous.claim for previous in last_alert.findings]
    changes = [change for finding in findings for change in short_changes(tuple(changes_since(finding, claims)))]
    texts = dict.fromkeys(f"{change.before} → {change.after}" for change in changes if change.before and change.after)
    return "; ".join(list(texts)[:MAX_CHANGES_SHOWN]) or None


def changes_since(finding: AlertFinding, prior_texts: Sequence[str]) -> Iterator[Change]:
    """Yield the changes from an alerted claim to the finding.

    If the finding was judged by a prior claim that was not alerted, it is compared with the closest one that was.
    """
    if finding.novelty is not Novelty.CHANGED:
        return
    if finding.nearest is not None and finding.nearest.text in prior_texts:
        yield from finding.changes
        return
    yield from closest_changes(tuple(prior_texts), finding.claim)


@lru_cache(maxsize=4096)  # a back-test asks for each version of the rules
def closest_changes(prior_texts: tuple[str, ...], claim: str) -> tuple[Change, ...]:
    """Return the changes to a claim from the most similar of the earlier ones that it changes; none without one."""
    current = analyze(claim, NO_SYNONYMS)
    verdicts = [judge(analyze(text, NO_SYNONYMS), current, Relation.ELSEWHERE) for text in prior_texts]
    changed_verdicts = [verdict for verdict in verdicts if verdict.novelty is Novelty.CHANGED]
    return max(changed_verdicts, key=lambda verdict: verdict.similarity).changes if changed_verdicts else ()
