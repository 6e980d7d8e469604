"""Finds the story of a new entry: the event that it tells of, over sources and days.

A claim that repeats an earlier one belongs to its story. Otherwise the update as a whole is laid beside the recent
stories, each as all its updates together tell it: it joins the one it is most like, if it is like enough, or opens
one of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from math import sqrt
from typing import Protocol

from monitor.compare.subject import is_other_subject
from monitor.compare.term_vectors import TermVector, cosine, is_word_term
from monitor.model import Claim, Finding, Moment, PriorClaim, Role, Update
from monitor.text.normalize import normalized_key
from monitor.units import DAY

STORY_LIFETIME_S = 14 * DAY  # seconds: a story that nobody told of for so long is over
VERBATIM = 95.0  # similarity of a headline to an earlier claim from which it belongs to that claim's story
MIN_STORY_COSINE = 0.032  # likeness to a story from which an update of one word belongs to it
ALONE = 2.0  # times the likeness that is asked where they share one word alone
WORDY = 150  # words from which more of them ask for no more likeness


@dataclass(frozen=True, slots=True)
class StoryCandidate:
    """A story that is told of: the title that opened it, as a claim, and what its updates are about."""

    opening: PriorClaim
    vector: TermVector


class StoryIndex(Protocol):
    """The stories of earlier updates."""

    def story(self, source: str, entry: str) -> str | None:
        """The story of an entry's latest version."""

    def candidate_stories(self, vector: TermVector, since: Moment) -> list[StoryCandidate]:
        """Stories told of since a moment that share the rarest words of a new gist."""


def find_story(
    update: Update, findings: Sequence[Finding], vector: TermVector, story_index: StoryIndex, now: Moment
) -> str:
    """The story of a new entry."""
    lead = next((f for f in findings if f.claim.role is Role.TITLE or f.claim.noise is None), None)
    if lead and lead.story and lead.similarity >= VERBATIM:
        return lead.story
    nearest = nearest_story(
        update, story_index.candidate_stories(vector, now - STORY_LIFETIME_S) if vector else [], vector
    )
    return nearest or (lead and lead.story) or new_story_id(update, lead.claim.text if lead else update.title)


def nearest_story(update: Update, told: Sequence[StoryCandidate], gist: TermVector) -> str | None:
    """The story that the update is most like; None if it is like enough to none."""
    title = Claim(update.title, Role.TITLE)
    near = [one for one in told if not is_other_subject(title, update, one.opening)]
    words = [term for term in gist if is_word_term(term)]
    scored = {one.opening.story: cosine(gist, one.vector) / join_threshold(words, one.vector) for one in near}
    best = max(scored, key=scored.__getitem__, default=None)
    return best if best is not None and scored[best] >= 1.0 else None


def join_threshold(words: Sequence[int], story: TermVector) -> float:
    """The likeness from which an update of these words belongs to a story.

    A headline shares few words with it, an article many. One word alone may stand in anything, and a young ledger
    knows of none how rare it is: then more is asked.
    """
    alone = sum(term in story for term in words) < 2
    return (ALONE if alone else 1.0) * MIN_STORY_COSINE * sqrt(min(WORDY, len(words)))


def new_story_id(update: Update, opening: str) -> str:
    """A story id made of the claim that opens it, so that replaying gives the same one."""
    name = "\n".join((update.source, update.entry, normalized_key(opening)))
    return "st-" + blake2b(name.encode("utf-8", "replace"), digest_size=8).hexdigest()


def assign_stories(findings: Sequence[Finding], update: Update, lead: str, *, new: bool) -> list[Finding]:
    """The findings with their stories. What met a story keeps it; of the rest the title has the update's, a new
    entry's bullet that is a whole sentence opens its own, and all else belongs to its section: what one edit brings
    under one heading is one matter.
    """
    sections = {"": lead} if new else {}
    for finding in sorted((f for f in findings if f.story), key=lambda finding: not finding.same_words_elsewhere):
        sections.setdefault(finding.claim.heading, finding.story)
    joined = []
    for finding in findings:
        claim, story = finding.claim, finding.story
        if claim.role is Role.TITLE and (new or not story):
            story = lead
        elif not story and new and is_own_matter(claim):
            story = new_story_id(update, claim.text)
        elif not story:
            story = sections.setdefault(claim.heading, new_story_id(update, claim.text))
        joined.append(replace(finding, story=story))
    return joined


def is_own_matter(claim: Claim) -> bool:
    """Does a bullet tell of a matter of its own, as takeaways do? A list of a few words each belongs together."""
    return claim.role is Role.BULLET and claim.text.endswith((".", "!", "?", "。", "…"))
