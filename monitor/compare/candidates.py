"""Lays claims against what was said before: by the same entry long ago, by its siblings, by other sources.

What was said word for word is looked up as such. For all else the ledger names candidates; those that share most
words are judged. There an earlier claim with the same facts wins over a nearer one with other facts, so late wire
copy of an old figure is repeated, not changed backwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Protocol

from monitor.compare.stories import STORY_LIFETIME_S
from monitor.compare.subject import SubjectNames, is_other_subject, mask_subject, subject_names
from monitor.compare.verdict import judge, names_in_both
from monitor.model import ChangeKind, Claim, Moment, Novelty, PriorClaim, Relation, Update, Verdict
from monitor.text.analysis import ClaimAnalysis, QuickAnalysis, Synonyms, analyze, analyze_quickly, index_terms
from monitor.units import DAY

MAX_CANDIDATES = 20  # earlier claims looked at for one claim
MAX_JUDGED_CANDIDATES = 8  # of these the ones that share most words are judged
MIN_SHARED_WEIGHT = 0.15  # of the weight of two claims, without which they cannot be alike enough
FLAP = DAY  # seconds: a claim back in its entry this soon flips; later its return is news

MEASURED = (ChangeKind.NUMBER, ChangeKind.DATE, ChangeKind.NEGATION)
SAME_MATTER = 50.0  # this alike, a claim whose figure or date moved is the old one moved on
SAME_WORDS = 70.0  # this alike, a claim with anything else moved
ANONYMOUS = 80.0  # this alike, claims that share no name say the same

SAME = Verdict(Novelty.REPEATED, 100.0)


class ClaimIndex(Protocol):
    """What the ledger knows of earlier claims."""

    def candidates(
        self,
        terms: Sequence[Sequence[str]],
        *,
        limit: int = MAX_CANDIDATES,
        sources: frozenset[str] | None = None,
    ) -> list[list[PriorClaim]]:
        """For each list of terms the earlier claims that share most of its rarest ones, best first."""

    def exact_matches(
        self, texts: Sequence[str], *, sources: frozenset[str] | None = None
    ) -> dict[str, list[PriorClaim]]:
        """For each text its sayings, word for word, earliest first."""

    def own_claims(self, source: str, entry: str, texts: Sequence[str]) -> dict[str, PriorClaim]:
        """For each text its saying by this very entry, however long ago."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An earlier claim and what comparing with it says; `other` when it was said of another subject."""

    prior: PriorClaim
    verdict: Verdict
    is_other_subject: bool = False

    @property
    def is_repeat(self) -> bool:
        """Does it say the same?"""
        return self.verdict.novelty is Novelty.REPEATED


@dataclass(frozen=True, slots=True)
class LookupContext:
    """What all claims of one update are compared with; with `sources` only what these said."""

    update: Update
    claim_index: ClaimIndex
    synonyms: Synonyms
    now: Moment
    sources: frozenset[str] | None = None


def find_prior_claims(comparison: LookupContext, claims: Sequence[Claim]) -> list[list[Candidate]]:
    """For each claim the earlier claims that are at all like it, compared. None is looked up for a quiet claim."""
    asked = [claim for claim in claims if claim.noise is None]
    verbatim = word_for_word(comparison, asked)
    reworded = in_other_words(comparison, [claim for claim in asked if not verbatim[claim.text]])
    return [(verbatim.get(claim.text) or reworded.get(claim.text, [])) for claim in claims]


def word_for_word(comparison: LookupContext, claims: Sequence[Claim]) -> dict[str, list[Candidate]]:
    """For each claim, by its text, who said it word for word."""
    said = (
        comparison.claim_index.exact_matches([claim.text for claim in claims], sources=comparison.sources)
        if claims
        else {}
    )
    return {
        claim.text: [
            Candidate(one, SAME, is_other_subject(claim, comparison.update, one))
            for one in said.get(claim.text, ())
            if not is_outdated(one, comparison)
        ]
        for claim in claims
    }


def in_other_words(comparison: LookupContext, claims: Sequence[Claim]) -> dict[str, list[Candidate]]:
    """For each claim, by its text, the earlier claims about its matter."""
    readings = [analyze(claim.text, comparison.synonyms) for claim in claims]
    found = comparison.claim_index.candidates(
        [index_terms(reading) for reading in readings], limit=MAX_CANDIDATES, sources=comparison.sources
    )
    return {claim.text: draw(comparison, claim, near) for claim, near in zip(claims, found, strict=True)}


def draw(comparison: LookupContext, claim: Claim, candidates: Sequence[PriorClaim]) -> list[Candidate]:
    """Judges a claim by those candidates that share most of its words.

    What its own entry said is not among them: there every word counts, which its revision was judged by already.
    """
    now = analyze(claim.text, comparison.synonyms)
    candidates = [said for said in candidates if not is_own(said, comparison)]
    near = {
        text: analyze(text, comparison.synonyms)
        for text in top_candidates(now, {s.text for s in candidates}, comparison.synonyms)
    }
    verdicts = {text: judge(before, now, Relation.ELSEWHERE) for text, before in near.items()}
    drawn = []
    for said in (said for said in candidates if said.text in near):
        before, verdict = near[said.text], verdicts[said.text]
        other = is_other_subject(claim, comparison.update, said)
        if other and verdict.novelty is not Novelty.REPEATED and comparison.now - said.at <= STORY_LIFETIME_S:
            verdict = verdict_without_names(before, now, subject_names(comparison.update, said)) or verdict
        if one_matter(verdict, before, now):
            drawn.append(Candidate(said, verdict, other))
    return drawn


def verdict_without_names(before: ClaimAnalysis, now: ClaimAnalysis, names: SubjectNames | None) -> Verdict | None:
    """The verdict if two pages carry one notice, each with the name of its own subject.

    Only for what was said lately: months later the same sentence about another country is another event.
    """
    if names is None:
        return None
    theirs, mine = mask_subject(before, names.other), mask_subject(now, names.own)
    if theirs is before or mine is now:
        return None
    verdict = judge(theirs, mine, Relation.ELSEWHERE)
    return verdict if verdict.novelty is Novelty.REPEATED and verdict.similarity >= ANONYMOUS else None


def top_candidates(now: ClaimAnalysis, texts: set[str], same: Synonyms) -> list[str]:
    """The few texts worth judging: what judging weighs up, guessed from the words they share as they stand."""
    best: list[tuple[float, str]] = []
    for most, text in sorted(
        ((weight_overlap(analyze_quickly(text, same), now), text) for text in texts), reverse=True
    ):
        if most < MIN_SHARED_WEIGHT or (len(best) == MAX_JUDGED_CANDIDATES and most < best[-1][0]):
            break
        best = sorted([*best, (weight_overlap(analyze(text, same), now), text)], reverse=True)[:MAX_JUDGED_CANDIDATES]
    return [text for shared, text in best if shared >= MIN_SHARED_WEIGHT]


def weight_overlap(before: ClaimAnalysis | QuickAnalysis, now: ClaimAnalysis) -> float:
    """How much of their weight two claims share, 0 to about 1; at a glance what they share at most."""
    common = sum([unit.weight for key, unit in now.terms.items() if key in before.terms])
    return common / sqrt(before.weight * now.weight) if common else 0.0


def one_matter(verdict: Verdict, before: ClaimAnalysis, now: ClaimAnalysis) -> bool:
    """Is the claim the earlier one with something moved, not another claim about the same people?

    Where no name is shared ("A visa is needed on arrival.") hardly a word may differ.
    """
    if verdict.novelty is Novelty.REPEATED:
        return verdict.similarity >= ANONYMOUS or share_a_name(before, now)
    return verdict.novelty is Novelty.CHANGED and verdict.similarity >= (
        SAME_MATTER if has_measured_change(verdict) else SAME_WORDS
    )


def share_a_name(before: ClaimAnalysis, now: ClaimAnalysis) -> bool:
    """Do both claims say one name or place?"""
    return next(names_in_both(before, now), None) is not None


def has_measured_change(verdict: Verdict) -> bool:
    """Did a figure, a date or a "not" take the place of another?"""
    return any(change.kind in MEASURED and change.before and change.after for change in verdict.changes)


def is_outdated(said: PriorClaim, comparison: LookupContext) -> bool:
    """Did this very entry drop the claim longer ago than a flap takes? Then its return is news."""
    return is_own(said, comparison) and said.withdrawn_at is not None and comparison.now - said.withdrawn_at > FLAP


def is_own(said: PriorClaim, comparison: LookupContext) -> bool:
    """Was it said by this very entry?"""
    return (said.source, said.entry) == (comparison.update.source, comparison.update.entry)
