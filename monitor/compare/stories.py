"""Finds the story of a new entry: the event that it tells of, over sources and days.

A claim that repeats an earlier one belongs to its story. Otherwise the update as a whole is laid beside recent
updates: it joins the story whose members it is most like, if it is like enough, or opens one of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from heapq import nlargest
from typing import Protocol

from monitor.compare.gist import Gist, likeness
from monitor.compare.subject import other_subject
from monitor.model import Claim, Finding, Moment, Role, Said, Update
from monitor.text.split import text_key

RECENT = 14 * 86400.0  # seconds: a story that nobody told of for so long is over
MEMBERS = 5  # of a story that an update is laid beside, the most alike
VERBATIM = 95.0  # similarity of a headline to an earlier claim from which it belongs to that claim's story
ALIKE = 0.15  # mean likeness to these from which an update belongs to the story


@dataclass(frozen=True, slots=True)
class Told:
    """An earlier update: its gist, its story and how many updates this has; `said` is its title as a claim."""

    said: Said
    gist: Gist
    members: int


class Past(Protocol):
    """The stories of earlier updates."""

    def story(self, source: str, entry: str) -> str | None:
        """The story of an entry's latest version."""

    def akin(self, gist: Gist, since: Moment) -> list[Told]:
        """Earlier updates of a new gist that share its rarest words."""


def story_of(update: Update, findings: Sequence[Finding], gist: Gist, past: Past, now: Moment) -> str:
    """The story of a new entry."""
    lead = next((f for f in findings if f.claim.role is Role.TITLE or f.claim.quiet is None), None)
    if lead and lead.story and lead.similarity >= VERBATIM:
        return lead.story
    nearest = nearest_story(update, past.akin(gist, now - RECENT) if gist else [], gist)
    return nearest or (lead and lead.story) or own_story(update, lead.claim.text if lead else update.title)


def nearest_story(update: Update, told: Sequence[Told], gist: Gist) -> str | None:
    """The story whose members are most like the update; None if none is like enough."""
    title = Claim(update.title, Role.TITLE)
    likenesses: dict[str, list[float]] = {}
    members: dict[str, int] = {}
    for one in told:
        if not other_subject(title, update, one.said):
            likenesses.setdefault(one.said.story, []).append(likeness(gist, one.gist))
            members[one.said.story] = one.members
    scored = {
        story: sum(nlargest(MEMBERS, found)) / min(MEMBERS, members[story]) for story, found in likenesses.items()
    }
    best = max(scored, key=scored.__getitem__, default=None)
    return best if best is not None and scored[best] >= ALIKE else None


def own_story(update: Update, opening: str) -> str:
    """A story id made of the claim that opens it, so that replaying gives the same one."""
    name = "\n".join((update.source, update.entry, text_key(opening)))
    return "st-" + blake2b(name.encode("utf-8", "replace"), digest_size=8).hexdigest()


def join(finding: Finding, update: Update, lead: str, *, new: bool) -> Finding:
    """The finding with its story: the lead's for the title of a new entry and an article's prose that met none;
    its own for a bullet or a section that met none.
    """
    claim = finding.claim
    if new and claim.role is Role.TITLE:
        return replace(finding, story=lead)
    if finding.story:
        return finding
    with_lead = claim.role is Role.TITLE or (new and claim.role is Role.SENTENCE and not claim.heading)
    return replace(finding, story=lead if with_lead else own_story(update, claim.text))
