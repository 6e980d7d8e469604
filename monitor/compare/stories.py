"""Finds the story of a new entry: the event that it tells of, over sources and days.

A claim that repeats an earlier one belongs to its story. Otherwise the update as a whole is laid beside recent
updates: it joins the story whose members it is most like, if it is like enough, or opens one of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from heapq import nlargest
from math import sqrt
from typing import Protocol

from monitor.compare.gist import Gist, likeness
from monitor.compare.subject import other_subject
from monitor.model import Claim, Finding, Moment, Role, Said, Update
from monitor.text.split import text_key

RECENT = 14 * 86400.0  # seconds: a story that nobody told of for so long is over
MEMBERS = 5  # of a story that an update is laid beside, the most alike
VERBATIM = 95.0  # similarity of a headline to an earlier claim from which it belongs to that claim's story
MIDDLE = 0.5  # of the likeness is that to the middle of these members, the rest the mean of theirs
ALIKE = 0.20  # likeness to these from which an update belongs to the story


@dataclass(frozen=True, slots=True)
class Told:
    """An earlier update: its gist, its title as a claim, which bears the story, and how many updates that has."""

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
    near: dict[str, list[Told]] = {}
    for one in told:
        if not other_subject(title, update, one.said):
            near.setdefault(one.said.story, []).append(one)
    scored = {story: closeness(gist, members) for story, members in near.items()}
    best = max(scored, key=scored.__getitem__, default=None)
    return best if best is not None and scored[best] >= ALIKE else None


def closeness(gist: Gist, told: Sequence[Told]) -> float:
    """The likeness to those members of a story that are most like the gist; members not found count as unlike.

    It is taken halfway between the mean of theirs and the likeness to their middle, where what they have in common
    weighs and what each adds does not: short texts share few words with any one member.
    """
    found = nlargest(MEMBERS, ((likeness(gist, one.gist), place) for place, one in enumerate(told)))
    middle: dict[str, float] = {}
    for _, place in found:
        for term, weight in told[place].gist.items():
            middle[term] = middle.get(term, 0.0) + weight
    total, length = sum(like for like, _ in found), sqrt(sum(weight * weight for weight in middle.values()))
    share = len(found) / min(MEMBERS, told[0].members)
    return share * ((1 - MIDDLE) * total / len(found) + MIDDLE * total / length)


def own_story(update: Update, opening: str) -> str:
    """A story id made of the claim that opens it, so that replaying gives the same one."""
    name = "\n".join((update.source, update.entry, text_key(opening)))
    return "st-" + blake2b(name.encode("utf-8", "replace"), digest_size=8).hexdigest()


def join(findings: Sequence[Finding], update: Update, lead: str, *, new: bool) -> list[Finding]:
    """The findings with their stories. What met a story keeps it; of the rest the title has the update's, a new
    entry's bullet that is a whole sentence opens its own, and all else belongs to its section: what one edit brings
    under one heading is one matter.
    """
    sections = {"": lead} if new else {}
    for finding in sorted((f for f in findings if f.story), key=lambda finding: not finding.echo):
        sections.setdefault(finding.claim.heading, finding.story)
    joined = []
    for finding in findings:
        claim, story = finding.claim, finding.story
        if claim.role is Role.TITLE and (new or not story):
            story = lead
        elif not story and new and stands_alone(claim):
            story = own_story(update, claim.text)
        elif not story:
            story = sections.setdefault(claim.heading, own_story(update, claim.text))
        joined.append(replace(finding, story=story))
    return joined


def stands_alone(claim: Claim) -> bool:
    """Does a bullet tell of a matter of its own, as takeaways do? A list of a few words each belongs together."""
    return claim.role is Role.BULLET and claim.text.endswith((".", "!", "?", "。", "…"))
