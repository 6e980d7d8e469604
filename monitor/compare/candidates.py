"""Finds earlier claims to compare a claim with: from the same entry, its siblings and other sources.

Verbatim matches are looked up directly. For other claims the ledger returns candidates, and those that share most
words are judged. An earlier claim with the same facts wins over a more similar one with other facts, so late wire
copy of an old figure is repeated, not changed backwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt

from monitor.compare.apart import is_apart, is_formula_of
from monitor.compare.catalogue import EntryKind, is_sibling
from monitor.compare.days import is_said_of_another_day, publication_day
from monitor.compare.identifiers import name_different_things
from monitor.compare.lookup import MAX_CANDIDATES, Candidate, LookupContext, is_own
from monitor.compare.records import is_series, latest_in_series, record_query, record_verdict
from monitor.compare.stories import STORY_LIFETIME_S
from monitor.compare.subject import SubjectNames, is_other_subject, mask_subject, subject_names
from monitor.compare.together import Member, stated_together
from monitor.compare.verdict import judge, names_in_both
from monitor.evidence import Basis
from monitor.model import ChangeKind, Claim, Novelty, PriorClaim, Relation, Role, Verdict
from monitor.text.analysis import (
    ClaimAnalysis,
    QuickAnalysis,
    Synonyms,
    analyze,
    analyze_quickly,
    index_terms,
)
from monitor.text.facts.records import is_short_record, parse_record
from monitor.units import DAY

MAX_JUDGED_CANDIDATES = 8  # candidates that are judged: those that share most words
MIN_SHARED_WEIGHT = 0.15  # share of two claims' weight; below it, their similarity is too low for any verdict
FLAP = DAY  # seconds: a claim that returns to its entry within this time is repeated; later it is news

MEASURED = (ChangeKind.NUMBER, ChangeKind.DATE, ChangeKind.NEGATION)
SAME_MATTER = 50.0  # minimum similarity of a claim with a measured change to the claim it changes
SAME_WORDS = 70.0  # the same for all other changes
ANONYMOUS = 80.0  # minimum similarity of a repeat that shares no name with the earlier claim

SAME = Verdict(Novelty.REPEATED, 100.0, basis=Basis.SAME_WORDS)


def find_prior_claims(comparison: LookupContext, claims: Sequence[Claim]) -> list[list[Candidate]]:
    """Return, for each claim, the similar earlier claims with their verdicts; none for a noise claim."""
    asked = [claim for claim in claims if claim.noise is None]
    records, prose = [c for c in asked if is_short_record(c)], [c for c in asked if not is_short_record(c)]
    verbatim = word_for_word(comparison, prose)
    reworded = in_other_words(comparison, [claim for claim in prose if not verbatim[claim.text]])
    followed = in_series(comparison, records)
    return [
        followed[claim.text] if claim.text in followed else verbatim.get(claim.text) or reworded.get(claim.text, [])
        for claim in claims
    ]


def in_series(comparison: LookupContext, records: Sequence[Claim]) -> dict[str, list[Candidate]]:
    """Map each record's text to the latest record with its label in the series of the update's entry, if any."""
    if not records:
        return {}
    index, sources, synonyms = comparison.claim_index, comparison.sources, comparison.synonyms
    queries = [index_terms(analyze(record_query(claim), synonyms)) for claim in records]
    by_label = index.candidates(queries, limit=MAX_CANDIDATES, sources=sources)
    same_text = index.exact_matches([claim.text for claim in records], sources=sources)
    followed: dict[str, list[Candidate]] = {}
    for claim, near in zip(records, by_label, strict=True):
        said = same_text.get(claim.text, ())
        others = [prior for prior in (*near, *said) if not is_own(prior, comparison)]
        latest = latest_in_series(claim, comparison.update, others)
        on_pages = said if comparison.kind is not EntryKind.RECORD else ()
        followed[claim.text] = [
            Candidate(prior, SAME, True) for prior in on_pages if is_sibling(comparison.update, prior)
        ]
        followed[claim.text] += [Candidate(latest, follow_record(claim, latest, synonyms))] if latest else []
    return followed


def follow_record(claim: Claim, prior: PriorClaim, synonyms: Synonyms) -> Verdict:
    before, now = parse_record(Claim(prior.text, claim.role, prior.heading)), parse_record(claim)
    return record_verdict(before, now, (prior.text, claim.text), synonyms) if before and now else SAME


def word_for_word(comparison: LookupContext, claims: Sequence[Claim]) -> dict[str, list[Candidate]]:
    """Map each claim's text to the earlier claims with the same wording."""
    said = (
        comparison.claim_index.exact_matches([claim.text for claim in claims], sources=comparison.sources)
        if claims
        else {}
    )
    return {claim.text: same_words(comparison, claim, said.get(claim.text, ())) for claim in claims}


def same_words(comparison: LookupContext, claim: Claim, said: Sequence[PriorClaim]) -> list[Candidate]:
    """Return the candidates for the earlier claims with a claim's wording, without the outdated ones."""
    is_formula = is_formula_of(analyze(claim.text, comparison.synonyms), said, comparison)
    now = analyze(claim.text, comparison.synonyms)
    return [
        Candidate(one, SAME, not is_formula and is_apart(claim, comparison, one))
        for one in said
        if not is_outdated(one, comparison)
        and (is_own(one, comparison) or not is_said_of_another_day(now, (one.at, comparison.update.at)))
    ]


def in_other_words(comparison: LookupContext, claims: Sequence[Claim]) -> dict[str, list[Candidate]]:
    """Map each claim's text to the earlier claims that are about the same event or fact."""
    readings = [analyze(claim.text, comparison.synonyms) for claim in claims]
    found = comparison.claim_index.candidates(
        [index_terms(reading) for reading in readings], limit=MAX_CANDIDATES, sources=comparison.sources
    )
    return {claim.text: draw(comparison, claim, near) for claim, near in zip(claims, found, strict=True)}


def draw(comparison: LookupContext, claim: Claim, candidates: Sequence[PriorClaim]) -> list[Candidate]:
    """Judge a claim against the candidates that share most of its words. If none matters, return the closest one.

    The entry's own claims are left out: the revision was judged by every word of them already.
    """
    now = analyze(claim.text, comparison.synonyms)
    candidates = [said for said in candidates if not is_own(said, comparison)]
    near = {
        text: analyze(text, comparison.synonyms)
        for text in top_candidates(now, {s.text for s in candidates}, comparison.synonyms)
    }
    judged = judge_all(comparison, claim, [said for said in candidates if said.text in near], near)
    drawn = [one for one in judged if matters(one, near[one.prior.text], now)]
    if parse_record(claim) is None and all(one.is_other_subject for one in drawn):
        of_subject = [Member(one.prior, near[one.prior.text]) for one in judged if not one.is_other_subject]
        drawn += combine(comparison, claim, of_subject)
    return drawn or closest(judged)


def judge_all(
    comparison: LookupContext, claim: Claim, candidates: Sequence[PriorClaim], near: Mapping[str, ClaimAnalysis]
) -> list[Candidate]:
    """Return each candidate with its verdict; pages that carry one notice are judged without their own names."""
    now, update = analyze(claim.text, comparison.synonyms), comparison.update
    verdicts: dict[tuple[str, int], Verdict] = {}  # by text and day of publication
    judged = []
    for said in candidates:
        before, other = near[said.text], is_apart(claim, comparison, said)
        day = (said.text, publication_day(said.at))
        if day not in verdicts:
            verdicts[day] = judge(before, now, Relation.ELSEWHERE, (said.at, update.at))
        verdict = verdicts[day]
        if other and verdict.novelty is not Novelty.REPEATED and comparison.now - said.at <= STORY_LIFETIME_S:
            verdict = verdict_without_names(before, now, subject_names(update, said)) or verdict
        if is_next_title(claim, comparison, said, verdict):
            verdict = SAME
        judged.append(Candidate(said, verdict, other))
    return judged


def matters(one: Candidate, before: ClaimAnalysis, now: ClaimAnalysis) -> bool:
    """Whether the claim repeats or changes the candidate; a claim about another subject can only be repeated."""
    is_changed = one.verdict.novelty is Novelty.CHANGED
    return one_matter(one.verdict, before, now) and not (one.is_other_subject and is_changed)


def closest(judged: Sequence[Candidate]) -> list[Candidate]:
    """Return the most similar candidate that is not the same fact, for the evidence of a new claim."""
    unlike = [one for one in judged if one.verdict.novelty is Novelty.NEW and not one.is_other_subject]
    return sorted(unlike, key=lambda one: one.verdict.similarity, reverse=True)[:1]


def combine(comparison: LookupContext, claim: Claim, members: Sequence[Member]) -> list[Candidate]:
    """Return a candidate if earlier claims, those of the update included, together state all of the claim."""
    now = analyze(claim.text, comparison.synonyms)
    own = comparison.own_report.before(claim) if comparison.own_report else []
    own = [member for member in own if not is_other_subject(claim, comparison.update, member.prior)]
    together = stated_together(now, comparison.update.at, [*members, *own])
    if not together:
        return []
    similarity = judge(together[0].analysis, now, Relation.ELSEWHERE).similarity
    first, *others = [member.prior for member in together]
    return [
        Candidate(
            first, Verdict(Novelty.REPEATED, similarity, basis=Basis.SAID_TOGETHER), together_with=tuple(others)
        )
    ]


def verdict_without_names(before: ClaimAnalysis, now: ClaimAnalysis, names: SubjectNames | None) -> Verdict | None:
    """Return the verdict if two pages carry the same notice, each with its own subject's name; else None.

    Used for recent claims only: months later the same sentence about another country is another event.
    """
    if names is None:
        return None
    theirs, mine = mask_subject(before, names.other), mask_subject(now, names.own)
    if theirs is before or mine is now:
        return None
    verdict = judge(theirs, mine, Relation.ELSEWHERE)
    return verdict if verdict.novelty is Novelty.REPEATED and verdict.similarity >= ANONYMOUS else None


def top_candidates(now: ClaimAnalysis, texts: set[str], same: Synonyms) -> list[str]:
    """Return the texts to judge: those with the largest overlap of words, as an estimate of similarity.

    Claims about other identifiers take no place: a catalogue has dozens in the same words.
    """
    best: list[tuple[float, str]] = []
    for most, text in sorted(
        ((weight_overlap(analyze_quickly(text, same), now), text) for text in texts), reverse=True
    ):
        if most < MIN_SHARED_WEIGHT or (len(best) == MAX_JUDGED_CANDIDATES and most < best[-1][0]):
            break
        before = analyze(text, same)
        if not name_different_things(before, now):
            best = sorted([*best, (weight_overlap(before, now), text)], reverse=True)[:MAX_JUDGED_CANDIDATES]
    return [text for shared, text in best if shared >= MIN_SHARED_WEIGHT]


def weight_overlap(before: ClaimAnalysis | QuickAnalysis, now: ClaimAnalysis) -> float:
    """Return the share of weight that two claims have in common, 0 to about 1; for a QuickAnalysis an upper limit."""
    common = sum([unit.weight for key, unit in now.terms.items() if key in before.terms])
    return common / sqrt(before.weight * now.weight) if common else 0.0


def is_next_title(claim: Claim, comparison: LookupContext, said: PriorClaim, verdict: Verdict) -> bool:
    """Whether a title is that of the next entry of a series: only its date is another."""
    if claim.role is not Role.TITLE or not is_series(comparison.update, said):
        return False
    is_moved = verdict.novelty is Novelty.CHANGED and all(c.kind is ChangeKind.DATE for c in verdict.changes)
    return is_moved or verdict.basis is Basis.OTHER_DAY


def one_matter(verdict: Verdict, before: ClaimAnalysis, now: ClaimAnalysis) -> bool:
    """Whether the claim restates or changes the earlier one; the alternative is another claim about the same people.

    Without a shared name ("A visa is needed on arrival.") almost all words must be equal.
    """
    if verdict.novelty is Novelty.REPEATED:
        return verdict.similarity >= ANONYMOUS or share_a_name(before, now)
    if verdict.novelty is Novelty.NEW:
        return False
    is_sure = verdict.basis is Basis.ADDED or has_measured_change(verdict)
    return verdict.similarity >= (SAME_MATTER if is_sure else SAME_WORDS)


def share_a_name(before: ClaimAnalysis, now: ClaimAnalysis) -> bool:
    return next(names_in_both(before, now), None) is not None


def has_measured_change(verdict: Verdict) -> bool:
    """Whether a figure, a date or a "not" replaced another."""
    return any(change.kind in MEASURED and change.before and change.after for change in verdict.changes)


def is_outdated(said: PriorClaim, comparison: LookupContext) -> bool:
    """Whether this entry withdrew the claim more than FLAP seconds ago, so that its return is news."""
    return is_own(said, comparison) and said.withdrawn_at is not None and comparison.now - said.withdrawn_at > FLAP
