"""Gives every claim of an update its novelty, its nearest earlier claim and its story.

revision    the entry's own previous version first: what moved, what was added, what was withdrawn
elsewhere   what is left, and every claim of a new entry: who said it before, anywhere
stories     the event that the update and its claims belong to
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from monitor.compare.elsewhere import Comparison, Drawn, Sayings, elsewhere, measured
from monitor.compare.gist import LEADS, Gist
from monitor.compare.revision import moved, pair, says_all, withdrawn
from monitor.compare.stories import RECENT, Past, join, stands_alone, story_of
from monitor.compare.subject import other_subject
from monitor.compare.verdict import CUES
from monitor.model import Claim, Finding, Moment, Novelty, Role, Said, Update, Verdict
from monitor.text.key import text_key
from monitor.text.words import Synonyms, read

SPELLINGS = 4  # words that a claim may spell otherwise and still say the same
NEAR_BEST = 8.0  # changed candidates this close to the most similar: the latest is the figure people know


class Earlier(Sayings, Past, Protocol):
    """The ledger's claims and the stories of earlier updates."""


def compare(
    update: Update,
    claims: Sequence[Claim],
    old: Sequence[Claim] | None,
    gist: Gist,
    earlier: Earlier,
    same: Synonyms,
    now: Moment,
) -> tuple[str, tuple[Finding, ...]]:
    """The update's story, a finding for every claim that is not word for word in `old`, then the withdrawn ones.

    `old` are the claims of the entry's previous version, None when the entry is new; only then `gist` matters.
    """
    added, gone = moved(claims, old or ())
    pairs = pair(added, gone, same)
    said = earlier.own(update.source, update.entry, [claim.text for claim in gone]) if gone else {}
    before = [by and Drawn(own_saying(update, gone[by[0]], said), by[1]) for by in pairs]
    found = settle_all(Comparison(update, earlier, same, now), added, before)
    story = (earlier.story(update.source, update.entry) if old is not None else None) or story_of(
        update, found, gist, earlier, now
    )
    findings = once(join(found, update, story, new=old is None), claims, update, same)
    findings += [take_back(own_saying(update, gone[i], said), gone[i]) for i in withdrawn(gone, pairs, claims, same)]
    return story, tuple(by_section(findings, now) if old else findings)


def heard_from(findings: Sequence[Finding], comparison: Comparison) -> tuple[Finding, ...]:
    """The findings for one who listens only to `comparison.sources`: what others said before does not count."""
    sources = comparison.sources or frozenset()
    redo = [i for i, f in enumerate(findings) if f.nearest is not None and f.nearest.source not in sources]
    again = settle_all(comparison, [findings[i].claim for i in redo], [None] * len(redo))
    heard = list(findings)
    for i, finding in zip(redo, again, strict=True):
        heard[i] = replace(finding, story=findings[i].story)
    return tuple(heard)


def settle_all(comparison: Comparison, claims: Sequence[Claim], before: Sequence[Drawn | None]) -> list[Finding]:
    """A finding for each claim; `before` are their predecessors. What repeats its own is looked up nowhere else."""
    asked = [i for i, own in enumerate(before) if own is None or not own.told]
    drawn: list[list[Drawn]] = [[] for _ in claims]
    for i, outside in zip(asked, elsewhere(comparison, [claims[i] for i in asked]), strict=True):
        drawn[i] = outside
    return [settle(*one) for one in zip(claims, before, drawn, strict=True)]


def settle(claim: Claim, own: Drawn | None, outside: Sequence[Drawn]) -> Finding:
    """The claim's finding: whoever said the same decides, then the entry's own predecessor, then what moved.

    Its story is that of the nearest claim, or "" if it has none.
    """
    told = own if own and own.told else most_similar([d for d in outside if d.told and not d.other])
    echo = most_similar([d for d in outside if d.told and d.other]) if told is None else None
    by = told or own or (None if echo else latest([d for d in outside if not d.told and not d.other]))
    shown, joined = by or echo, echo or by
    novelty = by.verdict.novelty if by else Novelty.NEW
    return Finding(
        claim=claim,
        novelty=Novelty.REPEATED if claim.quiet else novelty,
        similarity=shown.verdict.similarity if shown else 0.0,
        changes=by.verdict.changes if by else (),
        nearest=shown.said if shown else None,
        story=joined.said.story if joined else "",
        echo=echo is not None,
    )


def most_similar(drawn: Sequence[Drawn]) -> Drawn | None:
    """The most similar; of equals the earliest, who said it first."""
    return max(drawn, key=lambda d: (d.verdict.similarity, -d.said.at), default=None)


def latest(drawn: Sequence[Drawn]) -> Drawn | None:
    """Of the changed claims about as similar as the best the latest: the figure that people know."""
    moved = [d for d in drawn if measured(d.verdict)] or drawn
    best = max((d.verdict.similarity for d in moved), default=0.0)
    return max((d for d in moved if d.verdict.similarity >= best - NEAR_BEST), key=lambda d: d.said.at, default=None)


def once(findings: Sequence[Finding], claims: Sequence[Claim], update: Update, same: Synonyms) -> list[Finding]:
    """The findings, those repeated that say nothing but what the first claims of this very update say: a sentence
    that tells the headline again is no second news. With a figure or word of its own it is.
    """
    leads = [claim for claim in claims if claim.quiet is None][:LEADS]
    before: dict[str, list[Claim]] = {}
    for place, lead in enumerate(leads):
        before.setdefault(text_key(lead.text), leads[:place])
    return [again(f, before.get(text_key(f.claim.text), leads), update, same) for f in findings]


def again(finding: Finding, leads: Sequence[Claim], update: Update, same: Synonyms) -> Finding:
    """The finding, repeated if one of `leads` says all of it about the same subject."""
    for lead in leads if finding.novelty in (Novelty.NEW, Novelty.CHANGED) else ():
        verdict = told_by(lead, finding.claim, same)
        if verdict is None:
            continue
        said = Said(lead.text, update.source, update.entry, update.at, finding.story, update.title, lead.heading)
        if not other_subject(finding.claim, update, said):
            return replace(
                finding, novelty=Novelty.REPEATED, similarity=verdict.similarity, changes=(), nearest=said, echo=False
            )
    return finding


def told_by(lead: Claim, claim: Claim, same: Synonyms) -> Verdict | None:
    """How the two compare if `lead` says all that `claim` says, and no "not" or "may" or "all" beside it."""
    if len(read(claim.text, same).units.keys() - read(lead.text, same).units.keys()) > SPELLINGS:
        return None
    verdict = says_all(lead, claim, same)
    return verdict if verdict and not any(change.kind in CUES for change in verdict.changes) else None


def own_saying(update: Update, claim: Claim, said: dict[str, Said]) -> Said:
    """The saying of a gone claim by this very entry."""
    return said.get(claim.text) or Said(
        claim.text, update.source, update.entry, update.at, "", update.title, claim.heading
    )


def take_back(said: Said, claim: Claim) -> Finding:
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
    if finding.novelty is Novelty.WITHDRAWN and not stands_alone(finding.claim):
        return False
    return finding.nearest is None or now - finding.nearest.at <= RECENT
