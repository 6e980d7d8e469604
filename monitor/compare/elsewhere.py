"""Lays claims against what was said before: by the same entry long ago, by its siblings, by other sources.

What was said word for word is looked up as such. For all else the ledger names candidates; those that share most
words are judged. There an earlier claim with the same facts wins over a nearer one with other facts, so late wire
copy of an old figure is repeated, not changed backwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Protocol

from monitor.compare.stories import RECENT
from monitor.compare.subject import Names, about, names_of, other_subject
from monitor.compare.verdict import judge, names_in_both
from monitor.model import Claim, Context, Kind, Moment, Novelty, Said, Update, Verdict
from monitor.text.words import Glance, Reading, Synonyms, glance, index_terms, read

CANDIDATES = 20  # earlier claims looked at for one claim
JUDGED = 8  # of these the ones that share most words are judged
SHARED = 0.15  # of the weight of two claims, without which they cannot be alike enough
FLAP = 86400.0  # seconds: a claim back in its entry this soon flips; later its return is news

MEASURED = (Kind.NUMBER, Kind.DATE, Kind.NEGATION)
SAME_MATTER = 50.0  # this alike, a claim whose figure or date moved is the old one moved on
SAME_WORDS = 70.0  # this alike, a claim with anything else moved
ANONYMOUS = 80.0  # this alike, claims that share no name say the same

SAME = Verdict(Novelty.REPEATED, 100.0)


class Sayings(Protocol):
    """What the ledger knows of earlier claims."""

    def candidates(
        self,
        terms: Sequence[Sequence[str]],
        *,
        limit: int = CANDIDATES,
        sources: frozenset[str] | None = None,
    ) -> list[list[Said]]:
        """For each list of terms the earlier claims that share most of its rarest ones, best first."""

    def exact(self, texts: Sequence[str], *, sources: frozenset[str] | None = None) -> dict[str, list[Said]]:
        """For each text its sayings, word for word, earliest first."""

    def own(self, source: str, entry: str, texts: Sequence[str]) -> dict[str, Said]:
        """For each text its saying by this very entry, however long ago."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """An earlier claim and what comparing with it says; `other` when it was said of another subject."""

    said: Said
    verdict: Verdict
    other: bool = False

    @property
    def told(self) -> bool:
        """Does it say the same?"""
        return self.verdict.novelty is Novelty.REPEATED


@dataclass(frozen=True, slots=True)
class Comparison:
    """What all claims of one update are compared with; with `sources` only what these said."""

    update: Update
    earlier: Sayings
    same: Synonyms
    now: Moment
    sources: frozenset[str] | None = None


def elsewhere(comparison: Comparison, claims: Sequence[Claim]) -> list[list[Drawn]]:
    """For each claim the earlier claims that are at all like it, compared. None is looked up for a quiet claim."""
    asked = [claim for claim in claims if claim.quiet is None]
    verbatim = word_for_word(comparison, asked)
    reworded = in_other_words(comparison, [claim for claim in asked if not verbatim[claim.text]])
    return [(verbatim.get(claim.text) or reworded.get(claim.text, [])) for claim in claims]


def word_for_word(comparison: Comparison, claims: Sequence[Claim]) -> dict[str, list[Drawn]]:
    """For each claim, by its text, who said it word for word."""
    said = comparison.earlier.exact([claim.text for claim in claims], sources=comparison.sources) if claims else {}
    return {
        claim.text: [
            Drawn(one, SAME, other_subject(claim, comparison.update, one))
            for one in said.get(claim.text, ())
            if not stale(one, comparison)
        ]
        for claim in claims
    }


def in_other_words(comparison: Comparison, claims: Sequence[Claim]) -> dict[str, list[Drawn]]:
    """For each claim, by its text, the earlier claims about its matter."""
    readings = [read(claim.text, comparison.same) for claim in claims]
    found = comparison.earlier.candidates(
        [index_terms(reading) for reading in readings], limit=CANDIDATES, sources=comparison.sources
    )
    return {claim.text: draw(comparison, claim, near) for claim, near in zip(claims, found, strict=True)}


def draw(comparison: Comparison, claim: Claim, candidates: Sequence[Said]) -> list[Drawn]:
    """Judges a claim by those candidates that share most of its words.

    What its own entry said is not among them: there every word counts, which its revision was judged by already.
    """
    now = read(claim.text, comparison.same)
    candidates = [said for said in candidates if not own(said, comparison)]
    near = {text: read(text, comparison.same) for text in closest(now, {s.text for s in candidates}, comparison.same)}
    verdicts = {text: judge(before, now, Context.ELSEWHERE) for text, before in near.items()}
    drawn = []
    for said in (said for said in candidates if said.text in near):
        before, verdict = near[said.text], verdicts[said.text]
        other = other_subject(claim, comparison.update, said)
        if other and verdict.novelty is not Novelty.REPEATED and comparison.now - said.at <= RECENT:
            verdict = own_names_aside(before, now, names_of(comparison.update, said)) or verdict
        if one_matter(verdict, before, now):
            drawn.append(Drawn(said, verdict, other))
    return drawn


def own_names_aside(before: Reading, now: Reading, names: Names | None) -> Verdict | None:
    """The verdict if two pages carry one notice, each with the name of its own subject.

    Only for what was said lately: months later the same sentence about another country is another event.
    """
    if names is None:
        return None
    theirs, mine = about(before, names.theirs), about(now, names.mine)
    if theirs is before or mine is now:
        return None
    verdict = judge(theirs, mine, Context.ELSEWHERE)
    return verdict if verdict.novelty is Novelty.REPEATED and verdict.similarity >= ANONYMOUS else None


def closest(now: Reading, texts: set[str], same: Synonyms) -> list[str]:
    """The few texts worth judging: what judging weighs up, guessed from the words they share as they stand."""
    best: list[tuple[float, str]] = []
    for most, text in sorted(((share(glance(text, same), now), text) for text in texts), reverse=True):
        if most < SHARED or (len(best) == JUDGED and most < best[-1][0]):
            break
        best = sorted([*best, (share(read(text, same), now), text)], reverse=True)[:JUDGED]
    return [text for shared, text in best if shared >= SHARED]


def share(before: Reading | Glance, now: Reading) -> float:
    """How much of their weight two claims share, 0 to about 1; at a glance what they share at most."""
    common = sum([unit.weight for key, unit in now.units.items() if key in before.units])
    return common / sqrt(before.weight * now.weight) if common else 0.0


def one_matter(verdict: Verdict, before: Reading, now: Reading) -> bool:
    """Is the claim the earlier one with something moved, not another claim about the same people?

    Where no name is shared ("A visa is needed on arrival.") hardly a word may differ.
    """
    if verdict.novelty is Novelty.REPEATED:
        return verdict.similarity >= ANONYMOUS or share_a_name(before, now)
    return verdict.novelty is Novelty.CHANGED and verdict.similarity >= (
        SAME_MATTER if measured(verdict) else SAME_WORDS
    )


def share_a_name(before: Reading, now: Reading) -> bool:
    """Do both claims say one name or place?"""
    return next(names_in_both(before, now), None) is not None


def measured(verdict: Verdict) -> bool:
    """Did a figure, a date or a "not" take the place of another?"""
    return any(change.kind in MEASURED and change.before and change.after for change in verdict.changes)


def stale(said: Said, comparison: Comparison) -> bool:
    """Did this very entry drop the claim longer ago than a flap takes? Then its return is news."""
    return own(said, comparison) and said.gone is not None and comparison.now - said.gone > FLAP


def own(said: Said, comparison: Comparison) -> bool:
    """Was it said by this very entry?"""
    return (said.source, said.entry) == (comparison.update.source, comparison.update.entry)
