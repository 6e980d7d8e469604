"""Finds earlier claims to compare a claim with: from the same entry, its siblings and other sources.

Verbatim matches are looked up directly. For other claims the ledger returns candidates, and those that share most
words are judged. An earlier claim with the same facts wins over a more similar one with other facts, so late wire
copy of an old figure is repeated, not changed backwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from monitor.compare.apart import is_apart, is_formula_of
from monitor.compare.catalogue import EntryKind, is_sibling
from monitor.compare.days import is_said_of_another_day, publication_day
from monitor.compare.identifiers import name_different_things
from monitor.compare.lookup import MAX_CANDIDATES, Candidate, LookupContext, is_same_entry
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


def find_prior_claims(context: LookupContext, claims: Sequence[Claim]) -> list[list[Candidate]]:
    """Return, for each claim, the similar earlier claims with their verdicts; none for a noise claim."""
    stated = [claim for claim in claims if claim.noise is None]
    prose = [claim for claim in stated if not is_short_record(claim)]
    verbatim = in_same_words(context, prose)
    reworded = in_other_words(context, [claim for claim in prose if not verbatim[claim.text]])
    in_series = records_in_series(context, [claim for claim in stated if is_short_record(claim)])
    return [
        in_series[claim.text] if claim.text in in_series else verbatim.get(claim.text) or reworded.get(claim.text, [])
        for claim in claims
    ]


def records_in_series(context: LookupContext, records: Sequence[Claim]) -> dict[str, list[Candidate]]:
    """Map each record's text to the latest record with its label in the series of the update's entry, if any."""
    if not records:
        return {}
    update, ledger, sources = context.update, context.prior_claims, context.sources
    queries = [index_terms(analyze(record_query(claim), context.synonyms)) for claim in records]
    by_label = ledger.candidates(queries, limit=MAX_CANDIDATES, sources=sources)
    by_text = ledger.exact_matches([claim.text for claim in records], sources=sources)
    in_series: dict[str, list[Candidate]] = {}
    for claim, same_label in zip(records, by_label, strict=True):
        same_text = by_text.get(claim.text, ())
        others = [prior for prior in (*same_label, *same_text) if not is_same_entry(prior, update)]
        latest = latest_in_series(claim, update, others)
        on_other_pages = same_text if context.kind is not EntryKind.RECORD else ()
        in_series[claim.text] = [
            Candidate(prior, SAME, True) for prior in on_other_pages if is_sibling(update, prior)
        ]
        if latest:
            in_series[claim.text].append(Candidate(latest, follow_record(claim, latest, context.synonyms)))
    return in_series


def follow_record(claim: Claim, prior: PriorClaim, synonyms: Synonyms) -> Verdict:
    before, after = parse_record(Claim(prior.text, claim.role, prior.heading)), parse_record(claim)
    return record_verdict(before, after, (prior.text, claim.text), synonyms) if before and after else SAME


def in_same_words(context: LookupContext, claims: Sequence[Claim]) -> dict[str, list[Candidate]]:
    """Map each claim's text to the earlier claims with the same wording."""
    texts = [claim.text for claim in claims]
    priors = context.prior_claims.exact_matches(texts, sources=context.sources) if texts else {}
    return {claim.text: same_words_candidates(context, claim, priors.get(claim.text, ())) for claim in claims}


def same_words_candidates(context: LookupContext, claim: Claim, priors: Sequence[PriorClaim]) -> list[Candidate]:
    """Return the candidates for the earlier claims with a claim's wording, without the outdated ones."""
    update, analysis = context.update, context.analyze(claim)
    is_formula = is_formula_of(analysis, priors, context)
    return [
        Candidate(prior, SAME, not is_formula and is_apart(claim, context, prior))
        for prior in priors
        if not is_outdated(prior, context)
        and (is_same_entry(prior, update) or not is_said_of_another_day(analysis, (prior.at, update.at)))
    ]


def in_other_words(context: LookupContext, claims: Sequence[Claim]) -> dict[str, list[Candidate]]:
    """Map each claim's text to the earlier claims that are about the same event or fact."""
    terms = [index_terms(context.analyze(claim)) for claim in claims]
    similar = context.prior_claims.candidates(terms, limit=MAX_CANDIDATES, sources=context.sources)
    return {claim.text: judge_similar(context, claim, priors) for claim, priors in zip(claims, similar, strict=True)}


def judge_similar(context: LookupContext, claim: Claim, priors: Sequence[PriorClaim]) -> list[Candidate]:
    """Judge a claim after the earlier ones that share most of its words. If none is relevant, return the closest one.

    The entry's own claims are left out: the revision was judged by every word of them already.
    """
    after = context.analyze(claim)
    elsewhere = [prior for prior in priors if not is_same_entry(prior, context.update)]
    texts = top_candidates(after, {prior.text for prior in elsewhere}, context.synonyms)
    analysis_by_text = {text: analyze(text, context.synonyms) for text in texts}
    members = [Member(p, analysis_by_text[p.text]) for p in elsewhere if p.text in analysis_by_text]
    judged = judge_members(context, claim, members)
    pairs = list(zip(judged, members, strict=True))
    relevant = [candidate for candidate, member in pairs if is_relevant(candidate, member.analysis, after)]
    if parse_record(claim) is None and all(candidate.is_other_subject for candidate in relevant):
        of_subject = [member for candidate, member in pairs if not candidate.is_other_subject]
        relevant += said_together(context, claim, of_subject)
    return relevant or closest(judged)


def judge_members(context: LookupContext, claim: Claim, members: Sequence[Member]) -> list[Candidate]:
    """Return each earlier claim with its verdict; pages that carry one notice are judged without their own names."""
    update, after = context.update, context.analyze(claim)
    verdicts: dict[tuple[str, int], Verdict] = {}  # by text and day of publication
    judged = []
    for prior, before in members:
        key = (prior.text, publication_day(prior.at))
        if key not in verdicts:
            verdicts[key] = judge(before, after, Relation.ELSEWHERE, (prior.at, update.at))
        verdict, is_other = verdicts[key], is_apart(claim, context, prior)
        if is_other and verdict.novelty is not Novelty.REPEATED and context.now - prior.at <= STORY_LIFETIME_S:
            verdict = verdict_without_names(before, after, subject_names(update, prior)) or verdict
        if is_next_title(claim, context, prior, verdict):
            verdict = SAME
        judged.append(Candidate(prior, verdict, is_other))
    return judged


def is_relevant(candidate: Candidate, before: ClaimAnalysis, after: ClaimAnalysis) -> bool:
    """Whether the claim repeats or changes the candidate; a claim about another subject can only be repeated."""
    is_changed = candidate.verdict.novelty is Novelty.CHANGED
    return is_same_matter(candidate.verdict, before, after) and not (candidate.is_other_subject and is_changed)


def closest(judged: Sequence[Candidate]) -> list[Candidate]:
    """Return the most similar candidate that is not the same fact, for the evidence of a new claim."""
    unlike = [c for c in judged if c.verdict.novelty is Novelty.NEW and not c.is_other_subject]
    return sorted(unlike, key=lambda candidate: candidate.verdict.similarity, reverse=True)[:1]


def said_together(context: LookupContext, claim: Claim, members: Sequence[Member]) -> list[Candidate]:
    """Return a candidate if earlier claims, those of the update included, together state all of the claim."""
    update, after = context.update, context.analyze(claim)
    of_update = context.own_report.before(claim) if context.own_report else []
    of_update = [member for member in of_update if not is_other_subject(claim, update, member.prior)]
    together = stated_together(after, update.at, [*members, *of_update])
    if not together:
        return []
    similarity = judge(together[0].analysis, after, Relation.ELSEWHERE).similarity
    first, *others = [member.prior for member in together]
    verdict = Verdict(Novelty.REPEATED, similarity, basis=Basis.SAID_TOGETHER)
    return [Candidate(first, verdict, together_with=tuple(others))]


def verdict_without_names(before: ClaimAnalysis, after: ClaimAnalysis, names: SubjectNames | None) -> Verdict | None:
    """Return the verdict if two pages carry the same notice, each with its own subject's name; else None.

    Used for recent claims only: months later the same sentence about another country is another event.
    """
    if names is None:
        return None
    masked_before, masked_after = mask_subject(before, names.other), mask_subject(after, names.own)
    if masked_before is before or masked_after is after:
        return None
    verdict = judge(masked_before, masked_after, Relation.ELSEWHERE)
    return verdict if verdict.novelty is Novelty.REPEATED and verdict.similarity >= ANONYMOUS else None


def top_candidates(after: ClaimAnalysis, texts: set[str], synonyms: Synonyms) -> list[str]:
    """Return the texts to judge: those with the largest overlap of words, as an estimate of similarity.

    Claims about other identifiers take no place: a catalogue has dozens in the same words.
    """
    best: list[tuple[float, str]] = []
    for estimate, text in sorted(
        ((weight_overlap(analyze_quickly(text, synonyms), after), text) for text in texts), reverse=True
    ):
        if estimate < MIN_SHARED_WEIGHT or (len(best) == MAX_JUDGED_CANDIDATES and estimate < best[-1][0]):
            break
        before = analyze(text, synonyms)
        if not name_different_things(before, after):
            best = sorted([*best, (weight_overlap(before, after), text)], reverse=True)[:MAX_JUDGED_CANDIDATES]
    return [text for shared, text in best if shared >= MIN_SHARED_WEIGHT]


def weight_overlap(before: ClaimAnalysis | QuickAnalysis, after: ClaimAnalysis) -> float:
    """Return the share of weight that two claims have in common, 0 to about 1; for a QuickAnalysis an upper limit."""
    common = sum([term.weight for key, term in after.terms.items() if key in before.terms])
    return common / sqrt(before.weight * after.weight) if common else 0.0


def is_next_title(claim: Claim, context: LookupContext, prior: PriorClaim, verdict: Verdict) -> bool:
    """Whether a title is that of the next entry of a series: only its date is another."""
    if claim.role is not Role.TITLE or not is_series(context.update, prior):
        return False
    is_moved = verdict.novelty is Novelty.CHANGED and all(
        change.kind is ChangeKind.DATE for change in verdict.changes
    )
    return is_moved or verdict.basis is Basis.OTHER_DAY


def is_same_matter(verdict: Verdict, before: ClaimAnalysis, after: ClaimAnalysis) -> bool:
    """Whether the claim restates or changes the earlier one; the alternative is another claim about the same people.

    Without a shared name ("A visa is needed on arrival.") almost all words must be equal.
    """
    if verdict.novelty is Novelty.REPEATED:
        return verdict.similarity >= ANONYMOUS or share_a_name(before, after)
    if verdict.novelty is Novelty.NEW:
        return False
    is_sure = verdict.basis is Basis.ADDED or has_measured_change(verdict)
    return verdict.similarity >= (SAME_MATTER if is_sure else SAME_WORDS)


def share_a_name(before: ClaimAnalysis, after: ClaimAnalysis) -> bool:
    return next(names_in_both(before, after), None) is not None


def has_measured_change(verdict: Verdict) -> bool:
    """Whether a figure, a date or a "not" replaced another."""
    return any(change.kind in MEASURED and change.before and change.after for change in verdict.changes)


def is_outdated(prior: PriorClaim, context: LookupContext) -> bool:
    """Whether this entry withdrew the claim more than FLAP seconds ago, so that its return is news."""
    return (
        is_same_entry(prior, context.update)
        and prior.withdrawn_at is not None
        and context.now - prior.withdrawn_at > FLAP
    )
