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
from monitor.model import Change, Context, Finding, Kind, Novelty, Verdict
from monitor.text.words import NO_SYNONYMS, Reading, read

FACTS = frozenset(Kind) - {Kind.ADDED, Kind.REMOVED, Kind.WORDING}


def told_anew(finding: Finding, claims: Sequence[str]) -> bool:
    """Has a fact moved?"""
    if finding.novelty is Novelty.CHANGED:
        return moved(finding.changes)
    return finding.novelty is Novelty.NEW and any(moved(verdict.changes) for verdict in against(finding, claims))


def alike(finding: Finding, claims: Sequence[str]) -> bool:
    """Is the finding like one of the claims?"""
    nearest = finding.nearest.text if finding.nearest else ""
    if nearest in claims or finding.claim.text in claims:
        return not moved(finding.changes)
    return any(verdict.novelty is Novelty.REPEATED for verdict in against(finding, claims))


def moved(changes: Iterable[Change]) -> bool:
    """Is one of them more than another wording?"""
    return any(change.kind in FACTS for change in changes)


def against(finding: Finding, claims: Sequence[str]) -> Iterable[Verdict]:
    """What the judge says of the finding after each of the claims."""
    return (judge(words(claim), words(finding.claim.text), Context.ELSEWHERE) for claim in claims)


@lru_cache(maxsize=1024)
def words(claim: str) -> Reading:
    """A claim as it is compared."""
    return read(claim, NO_SYNONYMS)
