"""Classifies every claim of an update: its novelty, nearest earlier claim and story.

revision    the entry's previous version first: changed, added and withdrawn claims
elsewhere   the remaining claims, and all claims of a new entry: earlier claims of any entry or source
stories     the event that the update and its claims belong to
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from monitor.compare.apart import is_formula_of
from monitor.compare.bundles import in_bundles, is_recent
from monitor.compare.candidates import find_prior_claims, has_measured_change
from monitor.compare.catalogue import EntryKind, entry_kind
from monitor.compare.lookup import Candidate, LookupContext, is_same_entry
from monitor.compare.moved import MovedEntry, moved_entry
from monitor.compare.own_report import OwnReport, claim_as_prior
from monitor.compare.recurrence import DEFAULT_RECURRENCE_S, as_new_occurrence, last_occurrence
from monitor.compare.repost import reposted_entry
from monitor.compare.revision import covers_claim, find_withdrawn, match_revisions, split_added_removed
from monitor.compare.stories import assign_stories, catalogue_story, find_story, join_section_stories, new_story_id
from monitor.compare.subject import is_other_subject
from monitor.compare.term_vectors import MAX_LEAD_CLAIMS, TermVector
from monitor.compare.verdict import CUE_KINDS
from monitor.evidence import Basis, Evidence
from monitor.model import Claim, Finding, Moment, Novelty, PriorClaim, Update, Verdict
from monitor.text.normalize import normalized_key

CLAIMS_AT_ONCE = 200  # looked up together; more would only take memory
SPELLINGS = 4  # terms of a claim that may be missing from the lead that covers it: other spellings of its words
NEAR_BEST = 8.0  # of the changed candidates within this similarity of the best, the latest has the current figure


def classify_claims(
    context: LookupContext,
    claims: Sequence[Claim],
    previous: Sequence[Claim] | None,
    vector: TermVector,
    recurrence: Moment | None = DEFAULT_RECURRENCE_S,
) -> tuple[str, tuple[Finding, ...]]:
    """Return the update's story and its findings: one for every claim not verbatim in `previous`, then the withdrawn.

    `previous` are the claims of the entry's previous version, None for a new entry; only then is `vector` used. An
    event recurs after `recurrence` seconds; None if none does.
    """
    update, ledger = context.update, context.prior_claims
    added, removed = split_added_removed(claims, previous or ())
    matched = match_revisions(added, removed, context.synonyms)
    own_priors = prior_by_text(context, removed)
    predecessors = [
        Candidate(own_priors[removed[edited.index].text], edited.verdict) if edited else None for edited in matched
    ]
    moved = moved_entry(update, claims, ledger) if previous is None else None
    context = with_kind(context, claims, moved)
    classified = classify_all(context, added, predecessors)
    withdrawn = find_withdrawn(removed, matched, claims, context.synonyms)
    withdrawals = withdrawn_findings(context, withdrawn, own_priors)
    may_recur = previous is None and not (moved and moved.is_certain)
    if may_recur and last_occurrence(update, claims, ledger, recurrence) is not None:
        story = new_story_id(update, update.title)
        return story, tuple(replace(as_new_occurrence(finding), story=story) for finding in classified)
    own_story = None if previous is None else ledger.story(update.source, update.entry)
    if context.kind is EntryKind.RECORD or (context.kind is EntryKind.NOTICE and previous is None):
        story = own_story or catalogue_story(update, classified)
        findings = [*without_restatements(classified, claims, context), *withdrawals]
        in_one_story = [replace(finding, story=story) for finding in findings]
        return story, tuple(in_bundles(context, in_one_story) if previous else in_one_story)
    story = own_story or find_story(update, classified, vector, ledger, context.now)
    in_stories = assign_stories(classified, update, story, new=previous is None)
    findings = [*without_restatements(in_stories, claims, context), *withdrawals]
    return story, tuple(join_section_stories(findings, context.now) if previous else findings)


def prior_by_text(context: LookupContext, removed: Sequence[Claim]) -> dict[str, PriorClaim]:
    """Map the text of each removed claim to the ledger's record of it, or to a new one if the ledger has none."""
    update = context.update
    texts = [claim.text for claim in removed]
    recorded = context.prior_claims.own_claims(update.source, update.entry, texts) if texts else {}
    return {claim.text: recorded.get(claim.text) or claim_as_prior(claim, update) for claim in removed}


def with_kind(context: LookupContext, claims: Sequence[Claim], moved: MovedEntry | None) -> LookupContext:
    """Return the context with what the claims of the update show: its kind, and the entry that it repeats whole."""
    update, ledger = context.update, context.prior_claims
    reposted = moved.key if moved else None
    if moved is None and not context.is_revision:
        reposted = reposted_entry(update, claims, ledger, context.synonyms)
    return replace(
        context,
        own_report=OwnReport(update, claims, context.synonyms),
        kind=EntryKind.NEWS if reposted else entry_kind(update, claims, ledger, context.synonyms),
        reposted=reposted,
    )


def reclassify_for_sources(context: LookupContext, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings for a rule limited to `context.sources`: earlier claims of other sources do not count."""
    sources = context.sources or frozenset()
    indexes = [i for i, finding in enumerate(findings) if finding.nearest and finding.nearest.source not in sources]
    reclassified = [replace(finding, story="") for finding in classify_again(context, findings, indexes)]
    return with_replaced(findings, indexes, reclassified)


def reclassify(
    context: LookupContext, claims: Sequence[Claim], findings: Sequence[Finding], indexes: Sequence[int]
) -> tuple[Finding, ...]:
    """Return the findings of an update, those at `indexes` compared again with what was said elsewhere.

    What is repeated stays so, and a finding that is about an earlier claim of its own entry depends on no other.
    """
    context = replace(context, kind=entry_kind(context.update, claims, context.prior_claims, context.synonyms))
    indexes = [i for i in indexes if depends_on_others(findings[i], context.update)]
    reclassified = classify_again(context, findings, indexes)
    return with_replaced(findings, indexes, without_restatements(reclassified, claims, context))


def depends_on_others(finding: Finding, update: Update) -> bool:
    """Whether other entries may decide about a finding: it is news, and not by an earlier claim of its own entry."""
    is_news = finding.novelty in (Novelty.NEW, Novelty.CHANGED)
    return is_news and not (finding.nearest and is_same_entry(finding.nearest, update))


def classify_again(context: LookupContext, findings: Sequence[Finding], indexes: Sequence[int]) -> list[Finding]:
    return classify_all(context, [findings[i].claim for i in indexes], [None] * len(indexes))


def with_replaced(
    findings: Sequence[Finding], indexes: Sequence[int], replacements: Sequence[Finding]
) -> tuple[Finding, ...]:
    """Return the findings with some replaced; a replacement without a story keeps that of the finding before it."""
    result = list(findings)
    for index, finding in zip(indexes, replacements, strict=True):
        result[index] = replace(finding, story=finding.story or findings[index].story)
    return tuple(result)


def classify_all(
    context: LookupContext, claims: Sequence[Claim], predecessors: Sequence[Candidate | None]
) -> list[Finding]:
    """Return a finding for each claim; `predecessors` has what each was in the entry's previous version."""
    findings = []
    for start in range(0, len(claims), CLAIMS_AT_ONCE):
        batch = slice(start, start + CLAIMS_AT_ONCE)
        findings += classify_batch(context, claims[batch], predecessors[batch])
    return findings


def classify_batch(
    context: LookupContext, claims: Sequence[Claim], predecessors: Sequence[Candidate | None]
) -> list[Finding]:
    """Return a finding for each claim. One that repeats its predecessor is not looked up."""
    indexes = [i for i, predecessor in enumerate(predecessors) if predecessor is None or not predecessor.is_repeat]
    candidates: list[list[Candidate]] = [[] for _ in claims]
    for index, similar in zip(indexes, find_prior_claims(context, [claims[i] for i in indexes]), strict=True):
        candidates[index] = similar
    return [classify(context, *parts) for parts in zip(claims, predecessors, candidates, strict=True)]


def classify(
    context: LookupContext, claim: Claim, predecessor: Candidate | None, candidates: Sequence[Candidate]
) -> Finding:
    """Return the finding of a claim: by the entry's own earlier versions, else by a claim from elsewhere.

    An edit is judged by its own entry alone: another entry with the same words does not silence it, but a return to
    words that the entry had a short time ago is repeated. If another entry said the same within BUNDLE_S, both are
    one announcement and share a story. Otherwise the story is that of the nearest claim, or "" if there is none.
    """
    update = context.update
    repeats = [candidate for candidate in candidates if candidate.is_repeat and not candidate.is_other_subject]
    returned = most_similar([candidate for candidate in repeats if is_same_entry(candidate.prior, update)])
    repeat = most_similar(repeats)
    other_page = None if repeat else most_similar([c for c in candidates if c.is_repeat and c.is_other_subject])
    changed = [c for c in candidates if c.verdict.novelty is Novelty.CHANGED and not c.is_other_subject]
    decisive = (predecessor and returned) or predecessor or repeat or (None if other_page else latest(changed))
    is_announced = (
        predecessor and repeat and repeat.prior.entry != update.entry and is_recent(repeat.prior.at, update.at)
    )
    announced = repeat if is_announced else None
    nearest = decisive or other_page
    of_story = announced or other_page or decisive
    novelty = decisive.verdict.novelty if decisive else Novelty.NEW
    return Finding(
        claim=claim,
        novelty=Novelty.REPEATED if claim.noise else novelty,
        similarity=nearest.verdict.similarity if nearest else 0.0,
        changes=decisive.verdict.changes if decisive else (),
        nearest=nearest.prior if nearest else None,
        story=of_story.prior.story if of_story else "",
        same_words_elsewhere=other_page is not None or announced is not None,
        evidence=evidence_of(claim, decisive, other_page, candidates),
        returned_from=predecessor.prior.text if predecessor and decisive is returned else "",
    )


def evidence_of(
    claim: Claim, decisive: Candidate | None, other_page: Candidate | None, candidates: Sequence[Candidate]
) -> Evidence:
    """Return why the claim is what it is: by the candidate that decided, else by the most similar one."""
    if claim.noise:
        return Evidence(Basis.NO_STATEMENT)
    if decisive:
        together_with = tuple(prior.text for prior in decisive.together_with)
        return Evidence(decisive.verdict.basis or Basis.EDITED, together_with=together_with)
    if other_page:
        return Evidence(Basis.OTHER_SUBJECT, closest=other_page.prior.text)
    closest = most_similar(candidates)
    if closest is None:
        return Evidence(Basis.NOTHING_SIMILAR)
    return Evidence(closest.verdict.basis or Basis.NOT_ALL_SAID, closest.verdict.unsaid, closest.prior.text)


def most_similar(candidates: Sequence[Candidate]) -> Candidate | None:
    """Return the most similar candidate; of equals the earliest."""
    return max(candidates, key=lambda c: (c.verdict.similarity, -c.prior.at), default=None)


def latest(candidates: Sequence[Candidate]) -> Candidate | None:
    """Return the latest of the changed candidates that are about as similar as the best: the current figure."""
    measured = [c for c in candidates if has_measured_change(c.verdict)] or candidates
    best = max((c.verdict.similarity for c in measured), default=0.0)
    return max(
        (c for c in measured if c.verdict.similarity >= best - NEAR_BEST), key=lambda c: c.prior.at, default=None
    )


def without_restatements(
    findings: Sequence[Finding], claims: Sequence[Claim], context: LookupContext
) -> list[Finding]:
    """Return the findings; those that only restate the first claims of this update become repeated.

    A sentence that restates the headline is not news; one with a figure or word of its own is.
    """
    leads = [claim for claim in claims if claim.noise is None][:MAX_LEAD_CLAIMS]
    leads_before: dict[str, list[Claim]] = {}
    for index, lead in enumerate(leads):
        leads_before.setdefault(normalized_key(lead.text), leads[:index])
    return [
        as_restatement(finding, leads_before.get(normalized_key(finding.claim.text), leads), context)
        for finding in findings
    ]


def as_restatement(finding: Finding, leads: Sequence[Claim], context: LookupContext) -> Finding:
    """Return the finding, as repeated if one of `leads` states all of it about the same subject."""
    for lead in leads if finding.novelty in (Novelty.NEW, Novelty.CHANGED) else ():
        verdict = covered_by(lead, finding.claim, context)
        if verdict is None:
            continue
        prior = claim_as_prior(lead, context.update, finding.story)
        if not is_other_subject(finding.claim, context.update, prior):
            return replace(
                finding,
                novelty=Novelty.REPEATED,
                similarity=verdict.similarity,
                changes=(),
                nearest=prior,
                same_words_elsewhere=False,
                evidence=Evidence(Basis.SAID_ABOVE),
            )
    return finding


def covered_by(lead: Claim, claim: Claim, context: LookupContext) -> Verdict | None:
    """Return the verdict if `lead` states all of `claim` without another "not", "may" or "all"; else None."""
    if len(context.analyze(claim).terms.keys() - context.analyze(lead).terms.keys()) > SPELLINGS:
        return None
    verdict = covers_claim(lead, claim, context.synonyms)
    return verdict if verdict and not any(change.kind in CUE_KINDS for change in verdict.changes) else None


def withdrawn_findings(
    context: LookupContext, withdrawn: Sequence[Claim], own_priors: Mapping[str, PriorClaim]
) -> list[Finding]:
    """Return the findings that the entry no longer states these claims; `own_priors` has its own claims by text.

    A formula is left out. A claim that other entries withdrew within BUNDLE_S is marked: the edits share its story.
    """
    update, texts = context.update, [claim.text for claim in withdrawn]
    of_source = context.prior_claims.exact_matches(texts, sources=frozenset((update.source,))) if texts else {}
    return [
        Finding(
            claim=claim,
            novelty=Novelty.WITHDRAWN,
            similarity=100.0,
            changes=(),
            nearest=own_priors[claim.text],
            story=own_priors[claim.text].story,
            same_words_elsewhere=any(is_withdrawn_too(update, prior) for prior in of_source.get(claim.text, ())),
            evidence=Evidence(Basis.NO_LONGER_SAID),
        )
        for claim in withdrawn
        if not is_standing_formula(context, claim, of_source.get(claim.text, ()))
    ]


def is_standing_formula(context: LookupContext, claim: Claim, priors: Sequence[PriorClaim]) -> bool:
    """Whether several other entries still state the claim, so that it says nothing about this one."""
    standing = [prior for prior in priors if prior.entry != context.update.entry and prior.withdrawn_at is None]
    return is_formula_of(context.analyze(claim), standing, context)


def is_withdrawn_too(update: Update, prior: PriorClaim) -> bool:
    """Whether another entry withdrew its claim a short time before."""
    if prior.entry == update.entry or prior.withdrawn_at is None:
        return False
    return is_recent(prior.withdrawn_at, update.at)
