"""Finds the earlier claim that each claim of an update repeats, and so gives the claim its novelty.

A revision is judged first against the entry's own previous version; what is left, and every claim of a new entry,
against what was said elsewhere. There an earlier claim with the same facts wins over a nearer one with other facts,
so late wire copy of an old figure is repeated, not changed backwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Protocol

from monitor.compare.subject import other_subject
from monitor.compare.verdict import judge
from monitor.model import Claim, Context, Finding, Kind, Moment, Novelty, Role, Said, Update, Verdict
from monitor.text.split import text_key
from monitor.text.words import Synonyms, index_terms, read

CANDIDATES = 20  # earlier claims re-scored for one claim
PARTNERS = 6  # gone claims tried as the predecessor of one added claim
FLAP = 86400.0  # seconds: a claim back in its entry this soon flips; later its return is news
NEAR_BEST = 8.0  # changed candidates this close to the most similar: the latest is the figure people know

MEASURED = (Kind.NUMBER, Kind.DATE, Kind.NEGATION)
SAME_MATTER = 50.0  # elsewhere: this alike, a claim whose figure or date moved is the old one moved on
SAME_WORDS = 70.0  # elsewhere: this alike, a claim with anything else moved

SAME = Verdict(Novelty.REPEATED, 100.0)


class Earlier(Protocol):
    """What the ledger knows of earlier claims."""

    def candidates(
        self,
        terms: Sequence[Sequence[str]],
        *,
        limit: int = CANDIDATES,
        sources: frozenset[str] | None = None,
    ) -> list[list[Said]]:
        """For each list of terms the earlier claims that share most of its rarest ones, best first."""

    def exact(self, texts: Sequence[str]) -> dict[str, list[Said]]:
        """For each text its sayings, word for word."""

    def story(self, source: str, entry: str) -> str | None:
        """The story of an entry's latest version."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """An earlier claim and what comparing with it says; `other` when it was said of another subject."""

    said: Said
    verdict: Verdict
    other: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """What all claims of one update are compared with."""

    update: Update
    earlier: Earlier
    same: Synonyms
    now: Moment
    sources: frozenset[str] | None = None


def compare(
    update: Update,
    claims: Sequence[Claim],
    old: Sequence[Claim] | None,
    earlier: Earlier,
    same: Synonyms,
    now: Moment,
) -> tuple[str, tuple[Finding, ...]]:
    """The update's story, a finding for every claim that is not word for word in `old`, then the withdrawn ones.

    `old` are the claims of the entry's previous version, None when the entry is new.
    """
    comparison = Comparison(update, earlier, same, now)
    added, gone = moved(claims, old or ())
    successors, withdrawn = pair(added, gone, claims, same)
    said_before = earlier.exact([claim.text for claim in gone]) if gone else {}
    own = [by and Drawn(own_saying(update, gone[by[0]], said_before), by[1]) for by in successors]
    outside = elsewhere(comparison, [claim for claim, by in zip(added, own, strict=True) if unsettled(by)])
    told = iter(outside)
    chosen = [settle(claim, by, next(told) if unsettled(by) else None) for claim, by in zip(added, own, strict=True)]
    story = (earlier.story(update.source, update.entry) if old is not None else None) or lead_story(update, chosen)
    findings = [join(finding, update, story, new_entry=old is None) for finding in chosen]
    findings += [withdraw(own_saying(update, gone[index], said_before), gone[index]) for index in withdrawn]
    return story, tuple(findings)


def heard_from(findings: Sequence[Finding], comparison: Comparison) -> tuple[Finding, ...]:
    """The findings for one who listens only to `comparison.sources`: what others said before does not count."""
    sources = comparison.sources or frozenset()
    redo = [i for i, f in enumerate(findings) if f.nearest is not None and f.nearest.source not in sources]
    drawn = elsewhere(comparison, [findings[i].claim for i in redo])
    heard = list(findings)
    for i, outside in zip(redo, drawn, strict=True):
        heard[i] = replace(settle(findings[i].claim, None, outside), story=findings[i].story)
    return tuple(heard)


def moved(claims: Sequence[Claim], old: Sequence[Claim]) -> tuple[list[Claim], list[Claim]]:
    """The claims that are not word for word in `old`, each once, and those of `old` that are gone."""
    before, after = {text_key(claim.text) for claim in old}, {text_key(claim.text) for claim in claims}
    return unseen(claims, before), unseen(old, after)


def unseen(claims: Sequence[Claim], known: set[str]) -> list[Claim]:
    """The claims whose text is not among `known`, each text once."""
    once = {text_key(claim.text): claim for claim in reversed(claims)}
    return [claim for key, claim in reversed(once.items()) if key not in known]


def pair(
    added: Sequence[Claim], gone: Sequence[Claim], claims: Sequence[Claim], same: Synonyms
) -> tuple[list[tuple[int, Verdict] | None], list[int]]:
    """For each added claim its predecessor among `gone` and the verdict; then which gone ones have no successor.

    One claim may follow several and several one: sentences are split and joined by editors.
    """
    index = Shelf([index_terms(read(claim.text, same)) for claim in gone])
    pairs = [best_partner(claim, gone, index, same) for claim in added]
    followed = {by[0] for by in pairs if by is not None}
    left = [i for i, claim in enumerate(gone) if i not in followed and claim.quiet is None]
    standing = Shelf([index_terms(read(claim.text, same)) for claim in claims]) if left else None
    return pairs, [i for i in left if standing is None or not stands(gone[i], claims, standing, same)]


class Shelf:
    """A tiny in-memory index of one version's claims by their terms."""

    def __init__(self, terms: Sequence[Sequence[str]]) -> None:
        self.places: dict[str, list[int]] = {}
        for place, words in enumerate(terms):
            for word in words:
                self.places.setdefault(word, []).append(place)

    def nearest(self, terms: Sequence[str], limit: int) -> list[int]:
        """The places that share most with `terms`, a rare term counting more."""
        score: dict[int, float] = {}
        for term in terms:
            places = self.places.get(term, ())
            for place in places:
                score[place] = score.get(place, 0.0) + 1 / len(places)
        return sorted(score, key=lambda place: -score[place])[:limit]


def best_partner(claim: Claim, gone: Sequence[Claim], index: Shelf, same: Synonyms) -> tuple[int, Verdict] | None:
    """The gone claim that `claim` is the edit of: same facts first, then the most similar; None if it is new."""
    now = read(claim.text, same)
    tried = [
        (place, judge(read(gone[place].text, same), now, Context.REVISION))
        for place in index.nearest(index_terms(now), PARTNERS)
    ]
    akin = [(place, verdict) for place, verdict in tried if verdict.novelty is not Novelty.NEW]
    return max(akin, key=lambda by: (by[1].novelty is Novelty.REPEATED, by[1].similarity), default=None)


def stands(claim: Claim, claims: Sequence[Claim], index: Shelf, same: Synonyms) -> bool:
    """Does some claim of the new version still say what the gone `claim` said, perhaps with more?"""
    before = read(claim.text, same)
    near = index.nearest(index_terms(before), PARTNERS)
    return any(
        judge(before, read(claims[place].text, same), Context.REVISION).novelty is Novelty.REPEATED for place in near
    )


def own_saying(update: Update, claim: Claim, said: dict[str, list[Said]]) -> Said:
    """The saying of a gone claim by this very entry."""
    for saying in said.get(claim.text, ()):
        if (saying.source, saying.entry) == (update.source, update.entry):
            return saying
    return Said(claim.text, update.source, update.entry, update.at, "", update.title, claim.heading)


def unsettled(own: Drawn | None) -> bool:
    """Must the claim be looked up elsewhere? Not if its own entry said the same before."""
    return own is None or own.verdict.novelty is not Novelty.REPEATED


def elsewhere(comparison: Comparison, claims: Sequence[Claim]) -> list[list[Drawn]]:
    """For each claim the earlier claims that are at all like it, compared."""
    readings = [read(claim.text, comparison.same) for claim in claims]
    found = comparison.earlier.candidates(
        [index_terms(reading) for reading in readings], limit=CANDIDATES, sources=comparison.sources
    )
    return [draw(comparison, claim, candidates) for claim, candidates in zip(claims, found, strict=True)]


def draw(comparison: Comparison, claim: Claim, candidates: Sequence[Said]) -> list[Drawn]:
    """Compares one claim with its candidates; what its own entry said long ago does not make it old again."""
    key, now = text_key(claim.text), read(claim.text, comparison.same)
    verdicts: dict[str, Verdict] = {}
    drawn = []
    for said in candidates:
        if said.entry == comparison.update.entry and stale(said, comparison):
            continue
        if said.text not in verdicts:
            verdicts[said.text] = (
                SAME
                if text_key(said.text) == key
                else judge(read(said.text, comparison.same), now, Context.ELSEWHERE)
            )
        if one_matter(verdicts[said.text]):
            drawn.append(Drawn(said, verdicts[said.text], other_subject(claim, comparison.update, said)))
    return drawn


def one_matter(verdict: Verdict) -> bool:
    """Is the claim the earlier one with something moved, not another claim about the same people?"""
    if verdict.novelty is not Novelty.CHANGED:
        return verdict.novelty is Novelty.REPEATED
    moved = any(change.kind in MEASURED and change.before and change.after for change in verdict.changes)
    return verdict.similarity >= (SAME_MATTER if moved else SAME_WORDS)


def stale(said: Said, comparison: Comparison) -> bool:
    """Did this very entry drop the claim longer ago than a flap takes?"""
    return said.source == comparison.update.source and said.gone is not None and comparison.now - said.gone > FLAP


def settle(claim: Claim, own: Drawn | None, outside: Sequence[Drawn] | None) -> Finding:
    """The claim's finding (its story still that of the nearest claim, or "" if it has none)."""
    told = [d for d in outside or () if d.verdict.novelty is Novelty.REPEATED and not d.other]
    echoes = [d for d in outside or () if d.verdict.novelty is Novelty.REPEATED and d.other]
    by = own if own and own.verdict.novelty is Novelty.REPEATED else most_similar(told) or own
    if by is None and not echoes:
        by = latest([d for d in outside or () if not d.other])
    novelty = by.verdict.novelty if by else Novelty.NEW
    shown = by or most_similar(echoes)
    return Finding(
        claim=claim,
        novelty=Novelty.REPEATED if claim.quiet else novelty,
        similarity=shown.verdict.similarity if shown else 0.0,
        changes=by.verdict.changes if by else (),
        nearest=shown.said if shown else None,
        story=(most_similar(echoes) or shown).said.story if shown and echoes else shown.said.story if shown else "",
        echo=bool(echoes) and novelty is not Novelty.REPEATED,
    )


def most_similar(drawn: Sequence[Drawn]) -> Drawn | None:
    """The most similar; of equals the earliest, who said it first."""
    return max(drawn, key=lambda d: (d.verdict.similarity, -d.said.at), default=None)


def latest(drawn: Sequence[Drawn]) -> Drawn | None:
    """Of the changed candidates about as similar as the best the latest: the figure that people know."""
    best = max((d.verdict.similarity for d in drawn), default=0.0)
    return max((d for d in drawn if d.verdict.similarity >= best - NEAR_BEST), key=lambda d: d.said.at, default=None)


def lead_story(update: Update, findings: Sequence[Finding]) -> str:
    """The story of a new entry: its lead claim's, or a story of its own."""
    for finding in findings:
        if finding.claim.role is Role.TITLE or finding.claim.quiet is None:
            return finding.story or own_story(update, finding.claim)
    return own_story(update, Claim(update.title, Role.TITLE))


def own_story(update: Update, claim: Claim) -> str:
    """A story id made of the claim that opens it, so that replaying gives the same one."""
    name = "\n".join((update.source, update.entry, text_key(claim.text)))
    return "st-" + blake2b(name.encode("utf-8", "replace"), digest_size=8).hexdigest()


def join(finding: Finding, update: Update, lead: str, *, new_entry: bool) -> Finding:
    """Gives a finding that met no story one: the lead's for an article's prose, its own for a bullet or section."""
    if finding.story:
        return finding
    with_lead = finding.claim.role is Role.TITLE or (
        new_entry and finding.claim.role is Role.SENTENCE and not finding.claim.heading
    )
    return replace(finding, story=lead if with_lead else own_story(update, finding.claim))


def withdraw(said: Said, claim: Claim) -> Finding:
    """The finding that the entry no longer says `claim`."""
    return Finding(claim, Novelty.WITHDRAWN, 100.0, (), said, said.story)
