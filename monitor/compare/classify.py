"""Gives every claim of an update its novelty, its nearest earlier claim and its story.

revision    the entry's own previous version first: what moved, what was added, what was withdrawn
elsewhere   what is left, and every claim of a new entry: who said it before, anywhere
stories     the event that the update and its claims belong to
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from monitor.compare.candidates import Candidate, ClaimIndex, LookupContext, find_prior_claims, has_measured_change
from monitor.compare.revision import covers_claim, find_withdrawn, match_revisions, split_added_removed
from monitor.compare.stories import STORY_LIFETIME_S, StoryIndex, assign_stories, find_story, is_own_matter
from monitor.compare.subject import is_other_subject
from monitor.compare.term_vectors import MAX_LEAD_CLAIMS, TermVector
from monitor.compare.verdict import CUE_KINDS
from monitor.model import Claim, Finding, Moment, Novelty, PriorClaim, Role, Update, Verdict
from monitor.text.analysis import Synonyms, analyze
from monitor.text.normalize import normalized_key

SPELLINGS = 4  # words that a claim may spell otherwise and still say the same
NEAR_BEST = 8.0  # changed candidates this close to the most similar: the latest is the figure people know


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
) -> tuple[str, tuple[Finding, ...]]:
    """The update's story, a finding for every claim that is not word for word in `old`, then the withdrawn ones.

    `old` are the claims of the entry's previous version, None when the entry is new; only then `gist` matters.
    """
    added, gone = split_added_removed(claims, previous or ())
    pairs = match_revisions(added, gone, synonyms)
    said = prior_claims.own_claims(update.source, update.entry, [claim.text for claim in gone]) if gone else {}
    before = [by and Candidate(own_saying(update, gone[by[0]], said), by[1]) for by in pairs]
    found = settle_all(LookupContext(update, prior_claims, synonyms, now), added, before)
    story = (prior_claims.story(update.source, update.entry) if previous is not None else None) or find_story(
        update, found, vector, prior_claims, now
    )
    findings = once(assign_stories(found, update, story, new=previous is None), claims, update, synonyms)
    findings += [
        take_back(own_saying(update, gone[i], said), gone[i]) for i in find_withdrawn(gone, pairs, claims, synonyms)
    ]
    return story, tuple(by_section(findings, now) if previous else findings)


def reclassify_for_sources(findings: Sequence[Finding], lookup: LookupContext) -> tuple[Finding, ...]:
    """The findings for one who listens only to `comparison.sources`: what others said before does not count."""
    sources = lookup.sources or frozenset()
    redo = [i for i, f in enumerate(findings) if f.nearest is not None and f.nearest.source not in sources]
    again = settle_all(lookup, [findings[i].claim for i in redo], [None] * len(redo))
    heard = list(findings)
    for i, finding in zip(redo, again, strict=True):
        heard[i] = replace(finding, story=findings[i].story)
    return tuple(heard)


def settle_all(
    comparison: LookupContext, claims: Sequence[Claim], before: Sequence[Candidate | None]
) -> list[Finding]:
    """A finding for each claim; `before` are their predecessors. What repeats its own is looked up nowhere else."""
    asked = [i for i, own in enumerate(before) if own is None or not own.is_repeat]
    drawn: list[list[Candidate]] = [[] for _ in claims]
    for i, outside in zip(asked, find_prior_claims(comparison, [claims[i] for i in asked]), strict=True):
        drawn[i] = outside
    return [classify(*one) for one in zip(claims, before, drawn, strict=True)]


def classify(claim: Claim, own: Candidate | None, outside: Sequence[Candidate]) -> Finding:
    """The claim's finding: whoever said the same decides, then the entry's own predecessor, then what moved.

    Its story is that of the nearest claim, or "" if it has none.
    """
    told = (
        own if own and own.is_repeat else most_similar([d for d in outside if d.is_repeat and not d.is_other_subject])
    )
    echo = most_similar([d for d in outside if d.is_repeat and d.is_other_subject]) if told is None else None
    by = told or own or (None if echo else latest([d for d in outside if not d.is_repeat and not d.is_other_subject]))
    shown, joined = by or echo, echo or by
    novelty = by.verdict.novelty if by else Novelty.NEW
    return Finding(
        claim=claim,
        novelty=Novelty.REPEATED if claim.noise else novelty,
        similarity=shown.verdict.similarity if shown else 0.0,
        changes=by.verdict.changes if by else (),
        nearest=shown.prior if shown else None,
        story=joined.prior.story if joined else "",
        same_words_elsewhere=echo is not None,
    )


def most_similar(drawn: Sequence[Candidate]) -> Candidate | None:
    """The most similar; of equals the earliest, who said it first."""
    return max(drawn, key=lambda d: (d.verdict.similarity, -d.prior.at), default=None)


def latest(drawn: Sequence[Candidate]) -> Candidate | None:
    """Of the changed claims about as similar as the best the latest: the figure that people know."""
    moved = [d for d in drawn if has_measured_change(d.verdict)] or drawn
    best = max((d.verdict.similarity for d in moved), default=0.0)
    return max((d for d in moved if d.verdict.similarity >= best - NEAR_BEST), key=lambda d: d.prior.at, default=None)


def once(findings: Sequence[Finding], claims: Sequence[Claim], update: Update, same: Synonyms) -> list[Finding]:
    """The findings, those repeated that say nothing but what the first claims of this very update say: a sentence
    that tells the headline again is no second news. With a figure or word of its own it is.
    """
    leads = [claim for claim in claims if claim.noise is None][:MAX_LEAD_CLAIMS]
    before: dict[str, list[Claim]] = {}
    for place, lead in enumerate(leads):
        before.setdefault(normalized_key(lead.text), leads[:place])
    return [again(f, before.get(normalized_key(f.claim.text), leads), update, same) for f in findings]


def again(finding: Finding, leads: Sequence[Claim], update: Update, same: Synonyms) -> Finding:
    """The finding, repeated if one of `leads` says all of it about the same subject."""
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
            )
    return finding


def covered_by(lead: Claim, claim: Claim, same: Synonyms) -> Verdict | None:
    """How the two compare if `lead` says all that `claim` says, and no "not" or "may" or "all" beside it."""
    if len(analyze(claim.text, same).terms.keys() - analyze(lead.text, same).terms.keys()) > SPELLINGS:
        return None
    verdict = covers_claim(lead, claim, same)
    return verdict if verdict and not any(change.kind in CUE_KINDS for change in verdict.changes) else None


def own_saying(update: Update, claim: Claim, said: dict[str, PriorClaim]) -> PriorClaim:
    """The saying of a gone claim by this very entry."""
    return said.get(claim.text) or PriorClaim(
        claim.text, update.source, update.entry, update.at, "", update.title, claim.heading
    )


def take_back(said: PriorClaim, claim: Claim) -> Finding:
    """The finding that the entry no longer says `claim`."""
    return Finding(claim, Novelty.WITHDRAWN, 100.0, (), said, said.story)


def by_section(findings: Sequence[Finding], now: Moment) -> list[Finding]:
    """What one edit moves and takes back under a heading is one matter: where the old stories are over it joins that
    of the first such claim there, or a living one.
    """
    news = [finding for finding in findings if finding.novelty is not Novelty.REPEATED]
    sections: dict[str, str] = {}
    for finding in sorted(news, key=lambda finding: not lives(finding, now)):
        sections.setdefault(finding.claim.heading, finding.story)
    return [
        f if f.novelty is Novelty.REPEATED or lives(f, now) else replace(f, story=sections[f.claim.heading])
        for f in findings
    ]


def lives(finding: Finding, now: Moment) -> bool:
    """Is the finding's own story still told? A title's always is, for it bears the entry's; and who takes back a part
    of a text tells of the whole.
    """
    if finding.claim.role is Role.TITLE:
        return True
    if finding.novelty is Novelty.WITHDRAWN and not is_own_matter(finding.claim):
        return False
    return finding.nearest is None or now - finding.nearest.at <= STORY_LIFETIME_S
