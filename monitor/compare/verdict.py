"""Judges two claims: new, changed or repeated. Similarity says whether they speak of one thing, the facts whether
it is news.

    same words ─→ repeated
    too unlike ─→ new
    a fact moved (figure, date, name, negation, certainty, scope, opposite) ─→ changed
    nothing but wording ─→ repeated
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from monitor.compare import facts
from monitor.compare.antonyms import opposing
from monitor.compare.changes import said, worded
from monitor.compare.facts import NOTHING, Moves
from monitor.compare.roles import swapped
from monitor.compare.weigh import similarity
from monitor.compare.words import Gap, gap
from monitor.model import Change, Context, Kind, Novelty, Verdict
from monitor.text.lexicon.stops import LIGHT
from monitor.text.words import LONGEST, PLACE, WORDING, Reading, Unit

UNLIKE = {Context.REVISION: 20.0, Context.ELSEWHERE: 44.0}  # less alike than this: another claim
RETOLD = 66.0  # elsewhere: claims this alike whose facts agree say one thing
ANCHORED = 60.0  # … and this alike, if they say the same day of the same names
ANCHORS = 3  # names that both must say for that
NAMELESS = 70.0  # elsewhere: what a moved figure takes to be of one event, when no name but a strange one is said

IDENTICAL = Verdict(Novelty.REPEATED, 100.0)
UNREAD = Verdict(Novelty.CHANGED, 0.0)  # they differ beyond what is read of a text
CUES = (Kind.NEGATION, Kind.CERTAINTY, Kind.SCOPE)
NO_CUES = dict.fromkeys(CUES, NOTHING)


class Comparison(NamedTuple):
    """Two claims laid against each other."""

    before: Reading
    now: Reading
    words: Gap
    numbers: Moves
    dates: Moves
    cues: dict[Kind, Moves]
    alike: float


def judge(before: Reading, now: Reading, context: Context) -> Verdict:
    """What `now` says that `before` did not."""
    if before.text == now.text:
        return IDENTICAL
    if before.text[LONGEST:] != now.text[LONGEST:]:
        return UNREAD
    seen = compare(before, now, strict=context is Context.REVISION)
    if seen.alike < UNLIKE[context]:
        return Verdict(Novelty.NEW, seen.alike)
    return _revised(seen) if context is Context.REVISION else _retold(seen)


def compare(before: Reading, now: Reading, *, strict: bool) -> Comparison:
    """Everything that two claims have in common and apart."""
    words = gap(before, now)
    numbers, dates = facts.numbers(before, now, strict=strict), facts.dates(before, now)
    cues = NO_CUES
    if before.cues or now.cues:
        cues = facts.traded(before, now, {kind: facts.cues(before, now, kind) for kind in CUES})
    alike = similarity(before, now, words, (numbers, dates), cues.values())
    return Comparison(before, now, words, numbers, dates, cues, alike)


def _revised(seen: Comparison) -> Verdict:
    """In an edit every word that is left over counts, unless it is light or a slip put right."""
    stated = [*seen.numbers.all(), *seen.dates.all(), *chain(*(moves.all() for moves in seen.cues.values()))]
    words = worded(seen.before, seen.now, seen.words)
    stated += swapped(seen.before, seen.now, seen.words)
    news = stated or words.material
    return Verdict(Novelty.CHANGED if news else Novelty.REPEATED, seen.alike, (*stated, *words.changes))


def _retold(seen: Comparison) -> Verdict:
    """Told elsewhere, words are free: only facts that stand against each other count."""
    if (seen.numbers.moved or seen.numbers.gained) and seen.alike < NAMELESS and strange(seen):
        return Verdict(Novelty.NEW, seen.alike)
    moved = [*seen.numbers.moved, *seen.numbers.gained, *seen.dates.moved]
    moved += [*seen.cues[Kind.NEGATION].all(), *opposites(seen)]
    moved += [*others(seen), *swapped(seen.before, seen.now, seen.words)]
    if seen.alike >= ANCHORED:
        moved += figures(seen)
    if moved:
        return Verdict(Novelty.CHANGED, seen.alike, tuple(moved))
    words = worded(seen.before, seen.now, seen.words)
    if not words.material:
        moved = [*seen.numbers.all(), *seen.cues[Kind.CERTAINTY].moved, *seen.cues[Kind.SCOPE].moved]
    told = not moved and seen.alike >= (ANCHORED if anchored(seen) else RETOLD)
    return Verdict(Novelty.REPEATED if told else Novelty.CHANGED, seen.alike, (*moved, *words.changes))


def strange(seen: Comparison) -> bool:
    """Whether the two share no name and one says a place that the other does not."""
    if shared_names(seen):
        return False
    return any(unit.kind is PLACE for unit in (*seen.words.lost, *seen.words.gained))


def anchored(seen: Comparison) -> bool:
    """Whether both say the same day of the same names."""
    days = bool(seen.before.dates and seen.now.dates) and not (seen.dates.lost or seen.dates.gained)
    return days and shared_names(seen) >= ANCHORS


def shared_names(seen: Comparison) -> int:
    """How many names and places both claims say."""
    return len(list(names_in_both(seen.before, seen.now)))


def names_in_both(one: Reading, other: Reading) -> Iterator[Unit]:
    """The names and places of one claim that the other says as well."""
    return (unit for key, unit in one.units.items() if unit.kind is not WORDING and key in other.units)


def figures(seen: Comparison) -> list[Change]:
    """Dates and names with digits in the stead of others: "300 cases" and "1999 cases", "F-16" and "F-35"."""
    lost = [*seen.numbers.lost, *seen.dates.lost]
    gained = [*seen.dates.gained]
    lost += [Change(Kind.NAME, said(seen.before, (u,)), "") for u in seen.words.lost if u.word.digits]
    gained += [Change(Kind.NAME, "", said(seen.now, (u,))) for u in seen.words.gained if u.word.digits]
    return [Change(new.kind, old.before, new.after) for old, new in zip(lost, gained, strict=False)]


def others(seen: Comparison) -> list[Change]:
    """Places in each other's stead; other names too, if no other word was exchanged."""
    sides = [[u for u in side if u.word.fold not in LIGHT] for side in (seen.words.lost, seen.words.gained)]
    kinds = [{unit.kind for unit in side} for side in sides]
    found = []
    both = kinds[0] & kinds[1]
    for kind in (Kind.PLACE, Kind.NAME):
        if kind not in both or (kind is Kind.NAME and Kind.WORDING in both):
            continue
        old = alone(sides[0], kind, seen.before, seen.now)
        new = alone(sides[1], kind, seen.now, seen.before)
        pairs = zip(old, new, strict=False)
        found += [Change(kind, said(seen.before, (a,)), said(seen.now, (b,))) for a, b in pairs]
    return found


def alone(units: Sequence[Unit], kind: Kind, reading: Reading, other: Reading) -> list[Unit]:
    """Those of one kind that are not just the fuller form of a name both claims say ("Maria" of "Maria Silva")."""
    spans = map(reading.span, names_in_both(reading, other))
    edges = {edge for start, end in spans for edge in (start - 1, end + 1)}
    return [unit for unit in units if unit.kind is kind and edges.isdisjoint(reading.span(unit))]


def opposites(seen: Comparison) -> list[Change]:
    """Words that the other claim says the opposite of."""
    lost = {unit.word.stem: unit for unit in seen.words.lost}
    gained = {unit.word.stem: unit for unit in seen.words.gained}
    return [
        Change(Kind.ANTONYM, said(seen.before, (lost[one],)), said(seen.now, (gained[other],)))
        for one, other in opposing(lost, gained)
    ]
