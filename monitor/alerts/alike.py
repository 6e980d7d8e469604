"""Says of a finding whether it tells the same as claims that people do not want to be told of again.

Two rules that can be told in one sentence each:

- A fact has moved if, against what was said before or against one of the claims, a number, date, name, place,
  negation, certainty, scope or opposite is another.
- A finding is like a claim if that is its nearest earlier claim and no fact moved, or if the judge calls the finding
  a repeat of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from monitor.compare.verdict import judge
from monitor.model import Change, ChangeKind, Finding, Novelty, Relation, Verdict
from monitor.text.words import NO_SYNONYMS, ClaimAnalysis, analyze

FACT_KINDS = frozenset(ChangeKind) - {ChangeKind.ADDED, ChangeKind.REMOVED, ChangeKind.WORDING}


def has_new_facts(finding: Finding, claims: Sequence[str]) -> bool:
    """Has a fact moved?"""
    if finding.novelty is Novelty.CHANGED:
        return has_fact_change(finding.changes)
    return finding.novelty is Novelty.NEW and any(
        has_fact_change(verdict.changes) for verdict in verdicts_against(finding, claims)
    )


def repeats_any(finding: Finding, claims: Sequence[str]) -> bool:
    """Is the finding like one of the claims?"""
    nearest_text = finding.nearest.text if finding.nearest else ""
    if nearest_text in claims or finding.claim.text in claims:
        return not has_fact_change(finding.changes)
    return any(verdict.novelty is Novelty.REPEATED for verdict in verdicts_against(finding, claims))


def has_fact_change(changes: Iterable[Change]) -> bool:
    """Is one of them more than another wording?"""
    return any(change.kind in FACT_KINDS for change in changes)


def verdicts_against(finding: Finding, claims: Sequence[str]) -> Iterable[Verdict]:
    """What the judge says of the finding after each of the claims."""
    return (judge(claim_analysis(claim), claim_analysis(finding.claim.text), Relation.ELSEWHERE) for claim in claims)


@lru_cache(maxsize=1024)
def claim_analysis(claim: str) -> ClaimAnalysis:
    """A claim as it is compared."""
    return analyze(claim, NO_SYNONYMS)
