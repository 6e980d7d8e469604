"""The findings of an entry that a source has at its first poll: recorded, not compared, because none of it is news.

Each entry opens stories of its own; a later claim that repeats or changes one of its claims joins that story.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.compare.revision import split_added_removed
from monitor.compare.stories import assign_stories, can_lead, new_story_id
from monitor.evidence import Basis, Evidence
from monitor.model import Claim, Finding, Novelty, Update


def baseline_findings(update: Update, claims: Sequence[Claim]) -> tuple[str, tuple[Finding, ...]]:
    """Return the update's story and a finding for each of its claims: new, or repeated for noise."""
    lead = next(filter(can_lead, claims), None)
    story = new_story_id(update, lead.text if lead else update.title)
    distinct, _ = split_added_removed(claims, ())
    return story, tuple(assign_stories(list(map(baseline_finding, distinct)), update, story, new=True))


def baseline_finding(claim: Claim) -> Finding:
    return Finding(
        claim=claim,
        novelty=Novelty.REPEATED if claim.noise else Novelty.NEW,
        similarity=0.0,
        changes=(),
        nearest=None,
        story="",
        evidence=Evidence(Basis.NO_STATEMENT if claim.noise else Basis.FIRST_READ),
    )
