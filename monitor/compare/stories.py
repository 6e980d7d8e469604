"""Finds the story of an update: the event that it reports, over sources and days.

A claim that repeats an earlier one belongs to its story. Otherwise the update as a whole is compared with the recent
stories, each the sum of its updates: it joins the most similar one if that is similar enough, or opens a new story.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from math import sqrt
from typing import Protocol

from monitor.compare.records import is_series
from monitor.compare.subject import is_other_subject
from monitor.compare.term_vectors import TermVector, cosine, is_word_term
from monitor.model import Claim, Finding, Moment, Novelty, PriorClaim, Role, Update
from monitor.text.normalize import normalized_key
from monitor.units import DAY

STORY_LIFETIME_S = 14 * DAY  # seconds: a story without an update for this long is over
VERBATIM = 95.0  # minimum similarity of a headline to an earlier claim to join that claim's story
MIN_STORY_COSINE = 0.032  # minimum cosine for an update of one word to join a story; see join_threshold
ALONE = 2.0  # factor on the minimum if update and story share a single word
WORDY = 150  # the minimum does not grow beyond this number of words


@dataclass(frozen=True, slots=True)
class StoryCandidate:
    """An active story: the title that opened it, as a claim, and the term vector of its updates."""

    opening: PriorClaim
    vector: TermVector


class StoryIndex(Protocol):
    """The stories of earlier updates."""

    def story(self, source: str, entry: str) -> str | None:
        """Return the story of an entry's latest version."""

    def candidate_stories(self, vector: TermVector, since: Moment) -> list[StoryCandidate]:
        """Return the stories updated since a moment that share the rarest words of a new update."""


def find_story(
    update: Update, findings: Sequence[Finding], vector: TermVector, story_index: StoryIndex, now: Moment
) -> str:
    """Return the story of a new entry."""
    lead = next((f for f in findings if can_lead(f.claim)), None)
    if lead and lead.story and lead.similarity >= VERBATIM:
        return lead.story
    nearest = nearest_story(
        update, story_index.candidate_stories(vector, now - STORY_LIFETIME_S) if vector else [], vector
    )
    return nearest or (lead and lead.story) or new_story_id(update, lead.claim.text if lead else update.title)


def can_lead(claim: Claim) -> bool:
    """Whether the first such claim of an entry says what it is about: the title, or any that is no noise."""
    return claim.role is Role.TITLE or claim.noise is None


def catalogue_story(update: Update, findings: Sequence[Finding]) -> str:
    """Return the story of a new entry of a catalogue: that of its series in time, else its own."""
    earlier = (finding.nearest for finding in findings)
    series = next((prior.story for prior in earlier if prior and is_series(update, prior)), "")
    return series or new_story_id(update, update.title)


def nearest_story(update: Update, stories: Sequence[StoryCandidate], vector: TermVector) -> str | None:
    """Return the story that the update is most similar to, or None if none is similar enough."""
    title = Claim(update.title, Role.TITLE)
    candidates = [candidate for candidate in stories if not is_other_subject(title, update, candidate.opening)]
    words = [term for term in vector if is_word_term(term)]
    scored = {
        candidate.opening.story: cosine(vector, candidate.vector) / join_threshold(words, candidate.vector)
        for candidate in candidates
    }
    best = max(scored, key=scored.__getitem__, default=None)
    return best if best is not None and scored[best] >= 1.0 else None


def join_threshold(words: Sequence[int], story: TermVector) -> float:
    """Return the minimum cosine for an update of these words to join a story.

    It grows with the number of words: a headline shares few with a story, an article many. It doubles for a single
    shared word, because any text may have that word, and a young ledger cannot know how rare it is.
    """
    alone = sum(term in story for term in words) < 2
    return (ALONE if alone else 1.0) * MIN_STORY_COSINE * sqrt(min(WORDY, len(words)))


def new_story_id(update: Update, opening: str) -> str:
    """Return a story id derived from the claim that opens it, so that a replay has the same ids."""
    name = "\n".join((update.source, update.entry, normalized_key(opening)))
    return "st-" + blake2b(name.encode("utf-8", "replace"), digest_size=8).hexdigest()


def assign_stories(findings: Sequence[Finding], update: Update, lead: str, *, new: bool) -> list[Finding]:
    """Return the findings with their stories.

    A finding that has a story keeps it. Of the others, the title gets the update's story, a new entry's bullet that
    is a whole sentence opens its own, and the rest get their section's: an edit under one heading is one event.
    """
    sections = {"": lead} if new else {}
    for finding in (f for f in findings if f.story):
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


def join_section_stories(findings: Sequence[Finding], now: Moment) -> list[Finding]:
    """Join what one edit of a page changes and withdraws into one story, if the old stories are over.

    Under a heading with an announcement that other pages make too, the story is that of the announcement.
    """
    news = [finding for finding in findings if finding.novelty is not Novelty.REPEATED]
    announced = {finding.claim.heading for finding in news if finding.same_words_elsewhere}

    def section(finding: Finding) -> str:
        """The heading whose findings share a story: "" for all headings without an announcement."""
        return finding.claim.heading if finding.claim.heading in announced else ""

    story_by_section: dict[str, str] = {}
    for finding in sorted(news, key=lambda f: (not keeps_story(f, now), not f.same_words_elsewhere)):
        story_by_section.setdefault(section(finding), finding.story)
    return [
        finding
        if finding.novelty is Novelty.REPEATED or keeps_story(finding, now)
        else replace(finding, story=story_by_section[section(finding)])
        for finding in findings
    ]


def keeps_story(finding: Finding, now: Moment) -> bool:
    """Whether the finding keeps its own story. A title always does, because it has the entry's story; a withdrawn
    part of a text does not, because it belongs to the whole.
    """
    if finding.claim.role is Role.TITLE:
        return True
    if finding.novelty is Novelty.WITHDRAWN and not is_own_matter(finding.claim):
        return False
    return finding.nearest is None or now - finding.nearest.at <= STORY_LIFETIME_S


def is_own_matter(claim: Claim) -> bool:
    """Whether a bullet is a separate event, as takeaways are; the items of a list of short phrases are not."""
    return claim.role is Role.BULLET and claim.text.endswith((".", "!", "?", "。", "…"))
