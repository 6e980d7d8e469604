"""Classifies every claim of an update: its novelty, nearest earlier claim and story.

revision    the entry's previous version first: changed, added and withdrawn claims
elsewhere   the remaining claims, and all claims of a new entry: earlier claims of any entry or source
stories     the event that the update and its claims belong to
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Protocol

from monitor.compare.apart import is_formula_of
from monitor.compare.bundles import in_bundles, is_recent
from monitor.compare.candidates import find_prior_claims, has_measured_change
from monitor.compare.catalogue import EntryKind, entry_kind
from monitor.compare.lookup import Candidate, ClaimIndex, LookupContext, is_own
from monitor.compare.moved import moved_entry
from monitor.compare.own_report import OwnReport
from monitor.compare.recurrence import DEFAULT_RECURRENCE_S, as_new_occurrence, last_occurrence
from monitor.compare.repost import reposted_entry
from monitor.compare.revision import covers_claim, find_withdrawn, match_revisions, split_added_removed
from monitor.compare.stories import (
    STORY_LIFETIME_S,
    StoryIndex,
    assign_stories,
    catalogue_story,
    find_story,
    is_own_matter,
    new_story_id,
)
from monitor.compare.subject import is_other_subject
from monitor.compare.term_vectors import MAX_LEAD_CLAIMS, TermVector
from monitor.compare.verdict import CUE_KINDS
from monitor.evidence import Basis, Evidence
from monitor.model import Claim, Finding, Moment, Novelty, PriorClaim, Role, Update, Verdict
from monitor.text.analysis import Synonyms, analyze
from monitor.text.normalize import normalized_key

CLAIMS_AT_ONCE = 200  # looked up together; more would only take memory
SPELLINGS = 4  # terms of a claim that may be missing from the lead that covers it: other spellings of its words
NEAR_BEST = 8.0  # of the changed candidates within this similarity of the best, the latest has the current figure


class PriorClaims(ClaimIndex, StoryIndex, Protocol):
    """The ledger's claims and the stories of earlier updates."""


def classify_claims(
    update: Update,
    claims: Sequence[Claim],
    previous: Sequence[Claim] | None,
    vector: TermVector,
    prior_claims: PriorClaims,
    synonyms: Synonyms,
    now: Moment,
    recurrence: Moment | None = DEFAULT_RECURRENCE_S,
) -> tuple[str, tuple[Finding, ...]]:
    """Return the update's story and its findings: one for every claim not verbatim in `previous`, then the withdrawn.

    `previous` are the claims of the entry's previous version, None for a new entry; only then is `vector` used. An
    event recurs after `recurrence` seconds; None if none does.
    """
    added, gone = split_added_removed(claims, previous or ())
    pairs = match_revisions(added, gone, synonyms)
    said = prior_claims.own_claims(update.source, update.entry, [claim.text for claim in gone]) if gone else {}
    before = [by and Candidate(own_saying(update, gone[by[0]], said), by[1]) for by in pairs]
    moved = moved_entry(update, claims, prior_claims) if previous is None else None
    reposted = moved.key if moved else None
    if previous is None and moved is None:
        reposted = reposted_entry(update, claims, prior_claims)
    comparison = LookupContext(
        update,
        prior_claims,
        synonyms,
        now,
        own_report=OwnReport(update, claims, synonyms),
        kind=EntryKind.NEWS if reposted else entry_kind(update, claims, prior_claims),
        is_revision=previous is not None,
        reposted=reposted,
    )
    found = settle_all(comparison, added, before)
    own_story = prior_claims.story(update.source, update.entry) if previous is not None else None
    withdrawn = [gone[i] for i in find_withdrawn(gone, pairs, claims, synonyms)]
    takebacks = take_back(comparison, withdrawn, said)
    may_recur = previous is None and not (moved and moved.is_certain)
    if may_recur and last_occurrence(update, claims, prior_claims, recurrence) is not None:
        story = new_story_id(update, update.title)
        return story, tuple(replace(as_new_occurrence(finding), story=story) for finding in found)
    if comparison.kind is EntryKind.RECORD or (comparison.kind is EntryKind.NOTICE and previous is None):
        story = own_story or catalogue_story(update, found)
        of_entry = [replace(f, story=story) for f in (*once(found, claims, update, synonyms), *takebacks)]
        return story, tuple(in_bundles(update, of_entry, prior_claims) if previous else of_entry)
    story = own_story or find_story(update, found, vector, prior_claims, now)
    findings = [
        *once(assign_stories(found, update, story, new=previous is None), claims, update, synonyms),
        *takebacks,
    ]
    return story, tuple(by_section(findings, now) if previous else findings)


def reclassify_for_sources(findings: Sequence[Finding], lookup: LookupContext) -> tuple[Finding, ...]:
    """Return the findings for a rule limited to `lookup.sources`: earlier claims of other sources do not count."""
    sources = lookup.sources or frozenset()
    redo = [i for i, f in enumerate(findings) if f.nearest is not None and f.nearest.source not in sources]
    again = settle_all(lookup, [findings[i].claim for i in redo], [None] * len(redo))
    heard = list(findings)
    for i, finding in zip(redo, again, strict=True):
        heard[i] = replace(finding, story=findings[i].story)
    return tuple(heard)


def reclassify(
    update: Update,
    claims: Sequence[Claim],
    findings: Sequence[Finding],
    redo: Sequence[int],
    prior_claims: PriorClaims,
    synonyms: Synonyms,
    now: Moment,
    *,
    is_revision: bool,
) -> tuple[Finding, ...]:
    """Return the findings of an update, those at the indexes `redo` compared again with what was said elsewhere.

    What is repeated stays so, and a finding that is about an earlier claim of its own entry depends on no other.
    """
    kind = entry_kind(update, claims, prior_claims)
    lookup = LookupContext(update, prior_claims, synonyms, now, kind=kind, is_revision=is_revision)
    redo = [
        i
        for i in redo
        if findings[i].novelty in (Novelty.NEW, Novelty.CHANGED)
        and not ((nearest := findings[i].nearest) and is_own(nearest, lookup))
    ]
    again = settle_all(lookup, [findings[i].claim for i in redo], [None] * len(redo))
    heard = list(findings)
    for i, finding in zip(redo, once(again, claims, update, synonyms), strict=True):
        heard[i] = replace(finding, story=finding.story or findings[i].story)
    return tuple(heard)


def settle_all(
    comparison: LookupContext, claims: Sequence[Claim], before: Sequence[Candidate | None]
) -> list[Finding]:
    """Return a finding for each claim; `before` has their predecessors."""
    findings = []
    for start in range(0, len(claims), CLAIMS_AT_ONCE):
        part = slice(start, start + CLAIMS_AT_ONCE)
        findings += settle_part(comparison, claims[part], before[part])
    return findings


def settle_part(
    comparison: LookupContext, claims: Sequence[Claim], before: Sequence[Candidate | None]
) -> list[Finding]:
    """Return a finding for each claim. A repeat of its own is not looked up."""
    asked = [i for i, own in enumerate(before) if own is None or not own.is_repeat]
    drawn: list[list[Candidate]] = [[] for _ in claims]
    for i, outside in zip(asked, find_prior_claims(comparison, [claims[i] for i in asked]), strict=True):
        drawn[i] = outside
    return [classify(comparison, *parts) for parts in zip(claims, before, drawn, strict=True)]


def classify(comparison: LookupContext, claim: Claim, own: Candidate | None, outside: Sequence[Candidate]) -> Finding:
    """Return the finding of a claim: by the entry's own earlier versions, else by a claim from elsewhere.

    An edit is judged by its own entry alone: another entry with the same words does not silence it, but a return to
    words that the entry had a short time ago is repeated. If another entry said the same within BUNDLE_S, both are
    one announcement and share a story. Otherwise the story is that of the nearest claim, or "" if there is none.
    """
    update = comparison.update
    repeats = [d for d in outside if d.is_repeat and not d.is_other_subject]
    returned = most_similar([d for d in repeats if (d.prior.source, d.prior.entry) == (update.source, update.entry)])
    repeat = most_similar(repeats)
    other_page = None if repeat else most_similar([d for d in outside if d.is_repeat and d.is_other_subject])
    changed = [d for d in outside if d.verdict.novelty is Novelty.CHANGED and not d.is_other_subject]
    by = (own and returned) or own or repeat or (None if other_page else latest(changed))
    is_announced = own and repeat and repeat.prior.entry != update.entry and is_recent(repeat.prior.at, update.at)
    announced = repeat if is_announced else None
    shown = by or other_page
    joined = announced or other_page or by
    novelty = by.verdict.novelty if by else Novelty.NEW
    return Finding(
        claim=claim,
        novelty=Novelty.REPEATED if claim.noise else novelty,
        similarity=shown.verdict.similarity if shown else 0.0,
        changes=by.verdict.changes if by else (),
        nearest=shown.prior if shown else None,
        story=joined.prior.story if joined else "",
        same_words_elsewhere=other_page is not None or announced is not None,
        evidence=evidence_of(claim, by, other_page, outside),
        returned_from=own.prior.text if own and by is returned else "",
    )


def evidence_of(
    claim: Claim, by: Candidate | None, other_page: Candidate | None, outside: Sequence[Candidate]
) -> Evidence:
    """Return why the claim is what it is: by the claim that decided, else by the closest one."""
    if claim.noise:
        return Evidence(Basis.NO_STATEMENT)
    if by:
        return Evidence(by.verdict.basis or Basis.EDITED, together_with=tuple(p.text for p in by.together_with))
    if other_page:
        return Evidence(Basis.OTHER_SUBJECT, closest=other_page.prior.text)
    closest = most_similar(outside)
    if closest is None:
        return Evidence(Basis.NOTHING_SIMILAR)
    return Evidence(closest.verdict.basis or Basis.NOT_ALL_SAID, closest.verdict.unsaid, closest.prior.text)


def most_similar(drawn: Sequence[Candidate]) -> Candidate | None:
    """Return the most similar candidate; of equals the earliest."""
    return max(drawn, key=lambda d: (d.verdict.similarity, -d.prior.at), default=None)


def latest(drawn: Sequence[Candidate]) -> Candidate | None:
    """Return the latest of the changed candidates that are about as similar as the best: the current figure."""
    moved = [d for d in drawn if has_measured_change(d.verdict)] or drawn
    best = max((d.verdict.similarity for d in moved), default=0.0)
    return max((d for d in moved if d.verdict.similarity >= best - NEAR_BEST), key=lambda d: d.prior.at, default=None)


def once(findings: Sequence[Finding], claims: Sequence[Claim], update: Update, same: Synonyms) -> list[Finding]:
    """Return the findings; those that only restate the first claims of this update become repeated.

    A sentence that restates the headline is not news; one with a figure or word of its own is.
    """
    leads = [claim for claim in claims if claim.noise is None][:MAX_LEAD_CLAIMS]
    before: dict[str, list[Claim]] = {}
    for place, lead in enumerate(leads):
        before.setdefault(normalized_key(lead.text), leads[:place])
    return [again(f, before.get(normalized_key(f.claim.text), leads), update, same) for f in findings]


def again(finding: Finding, leads: Sequence[Claim], update: Update, same: Synonyms) -> Finding:
    """Return the finding, as repeated if one of `leads` states all of it about the same subject."""
    for lead in leads if finding.novelty in (Novelty.NEW, Novelty.CHANGED) else ():
        verdict = covered_by(lead, finding.claim, same)
        if verdict is None:
            continue
        said = PriorClaim(
            lead.text, update.source, update.entry, update.at, finding.story, update.title, lead.heading
        )
        if not is_other_subject(finding.claim, update, said):
            return replace(
                finding,
                novelty=Novelty.REPEATED,
                similarity=verdict.similarity,
                changes=(),
                nearest=said,
                same_words_elsewhere=False,
                evidence=Evidence(Basis.SAID_ABOVE),
            )
    return finding


def covered_by(lead: Claim, claim: Claim, same: Synonyms) -> Verdict | None:
    """Return the verdict if `lead` states all of `claim` without another "not", "may" or "all"; else None."""
    if len(analyze(claim.text, same).terms.keys() - analyze(lead.text, same).terms.keys()) > SPELLINGS:
        return None
    verdict = covers_claim(lead, claim, same)
    return verdict if verdict and not any(change.kind in CUE_KINDS for change in verdict.changes) else None


def own_saying(update: Update, claim: Claim, said: dict[str, PriorClaim]) -> PriorClaim:
    """Return the ledger's record of a removed claim of this entry, or a new one if it has none."""
    return said.get(claim.text) or PriorClaim(
        claim.text, update.source, update.entry, update.at, "", update.title, claim.heading
    )


def take_back(comparison: LookupContext, withdrawn: Sequence[Claim], said: dict[str, PriorClaim]) -> list[Finding]:
    """Return the findings that the entry no longer states these claims; `said` are its own sayings by text.

    A formula is left out. A claim that other entries withdrew within BUNDLE_S is marked: the edits share its story.
    """
    update, ledger = comparison.update, comparison.claim_index
    texts = [claim.text for claim in withdrawn]
    elsewhere = ledger.exact_matches(texts, sources=frozenset((update.source,))) if texts else {}
    own = {claim.text: own_saying(update, claim, said) for claim in withdrawn}
    return [
        Finding(
            claim=claim,
            novelty=Novelty.WITHDRAWN,
            similarity=100.0,
            changes=(),
            nearest=own[claim.text],
            story=own[claim.text].story,
            same_words_elsewhere=any(is_withdrawn_too(update, prior) for prior in elsewhere.get(claim.text, ())),
            evidence=Evidence(Basis.NO_LONGER_SAID),
        )
        for claim in withdrawn
        if not is_standing_formula(comparison, claim, elsewhere.get(claim.text, ()))
    ]


def is_standing_formula(comparison: LookupContext, claim: Claim, said: Sequence[PriorClaim]) -> bool:
    """Whether several other entries still state the claim, so that it says nothing about this one."""
    standing = [one for one in said if one.entry != comparison.update.entry and one.withdrawn_at is None]
    return is_formula_of(analyze(claim.text, comparison.synonyms), standing, comparison)


def is_withdrawn_too(update: Update, prior: PriorClaim) -> bool:
    """Whether another entry withdrew its claim a short time before."""
    if prior.entry == update.entry or prior.withdrawn_at is None:
        return False
    return is_recent(prior.withdrawn_at, update.at)


def by_section(findings: Sequence[Finding], now: Moment) -> list[Finding]:
    """Join what one edit of a page changes and withdraws into one story, if the old stories are over.

    Under a heading with an announcement that other pages make too, the story is that of the announcement.
    """
    news = [finding for finding in findings if finding.novelty is not Novelty.REPEATED]
    announced = {finding.claim.heading for finding in news if finding.same_words_elsewhere}
    sections: dict[str, str] = {}
    for finding in sorted(news, key=lambda finding: (not lives(finding, now), not finding.same_words_elsewhere)):
        sections.setdefault(section(finding, announced), finding.story)
    return [
        f if f.novelty is Novelty.REPEATED or lives(f, now) else replace(f, story=sections[section(f, announced)])
        for f in findings
    ]


def section(finding: Finding, announced: Collection[str]) -> str:
    """Return the heading whose findings share a story: "" for all headings without an announcement."""
    return finding.claim.heading if finding.claim.heading in announced else ""


def lives(finding: Finding, now: Moment) -> bool:
    """Whether the finding keeps its own story. A title always does, because it has the entry's story; a withdrawn
    part of a text does not, because it belongs to the whole.
    """
    if finding.claim.role is Role.TITLE:
        return True
    if finding.novelty is Novelty.WITHDRAWN and not is_own_matter(finding.claim):
        return False
    return finding.nearest is None or now - finding.nearest.at <= STORY_LIFETIME_S
