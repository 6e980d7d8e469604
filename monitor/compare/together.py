"""Decides whether several earlier claims together state all of a claim.

Each of them may supply words, but figures, identifiers, days and negations have to come from one claim. Members share
a name with the claim, if it has any.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from monitor.compare.coverage import FULL_TOGETHER, cover, uncovered_by_all
from monitor.compare.days import has_new_day
from monitor.compare.facts import equal
from monitor.compare.identifiers import added_identifiers
from monitor.model import ChangeKind, Moment, PriorClaim
from monitor.text.analysis import WORDING, ClaimAnalysis, ContentTerm
from monitor.text.facts.numbers import Quantity
from monitor.text.statement import read_statement

MAX_MEMBERS = 3  # more claims cover any sentence with common words
MIN_FIRST = 0.5  # of the claim's weight that the first member states: it is about the same matter
MIN_GAIN = 0.08  # of the claim's weight that each other member adds
MIN_MEMBER_SHARE = 0.25  # of the claim's words; a claim that has fewer only shares common words


class Member(NamedTuple):
    """An earlier claim with its analysis: it may state a claim, or a part of it."""

    prior: PriorClaim
    analysis: ClaimAnalysis


def stated_together(claim: ClaimAnalysis, at: Moment, members: Sequence[Member]) -> list[Member]:
    """Return the members that together state all of the claim, the one that states most first, or an empty list."""
    named = {key for key, term in claim.terms.items() if term.kind is not WORDING} - read_statement(claim).void
    candidates = [member for member in members if _may_state(member, claim, at, named)]
    chosen = _choose(claim, candidates)
    if not chosen or not any(states_facts(member.analysis, claim) for member in chosen):
        return []
    missing = uncovered_by_all(claim, [member.analysis for member in chosen])
    return chosen if len(chosen) > 1 and cover(claim, missing).is_full(FULL_TOGETHER) else []


def _choose(claim: ClaimAnalysis, members: Sequence[Member]) -> list[Member]:
    """Return at most MAX_MEMBERS, each of which states most of what the earlier ones leave out."""
    chosen: list[Member] = []
    missing = dict(claim.terms)
    for _ in range(MAX_MEMBERS):
        best = max(members, key=lambda member: _weight_in(member, missing), default=None)
        gain = _weight_in(best, missing) if best else 0.0
        if best is None or gain < (MIN_FIRST if not chosen else MIN_GAIN) * sum(
            t.weight for t in claim.terms.values()
        ):
            break
        chosen.append(best)
        missing = {term.key: term for term in uncovered_by_all(claim, [member.analysis for member in chosen])}
    return chosen


def _weight_in(member: Member, missing: dict[str, ContentTerm]) -> float:
    return sum(term.weight for key, term in missing.items() if key in member.analysis.terms)


def _may_state(member: Member, claim: ClaimAnalysis, at: Moment, named: set[str]) -> bool:
    if named and named.isdisjoint(member.analysis.terms):
        return False
    if read_statement(claim).is_additional and not read_statement(member.analysis).is_additional:
        return False
    if negations(member.analysis) != negations(claim) or has_new_day(member.analysis, claim, (member.prior.at, at)):
        return False
    return _share(member, claim) >= MIN_MEMBER_SHARE


def negations(claim: ClaimAnalysis) -> int:
    return sum(cue.kind is ChangeKind.NEGATION for cue in claim.cues) % 2


def _share(member: Member, claim: ClaimAnalysis) -> float:
    void = read_statement(claim).void
    total = sum(term.weight for key, term in claim.terms.items() if key not in void)
    shared = sum(term.weight for key, term in claim.terms.items() if key not in void and key in member.analysis.terms)
    return shared / total if total else 0.0


def states_facts(before: ClaimAnalysis, after: ClaimAnalysis) -> bool:
    """Whether an earlier claim states every figure and identifier of the claim."""
    return not added_identifiers(before, after) and all(_has_figure(before, figure) for figure in after.numbers)


def _has_figure(before: ClaimAnalysis, figure: Quantity) -> bool:
    return any(equal(old, figure, strict=False) for old in before.numbers)
