"""Compares what two claims state: their figures, dates and cues. Each comparer gives the changes it sees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from monitor.model import Change, Kind
from monitor.text.facts.cues import Cue
from monitor.text.facts.dates import Date, agree
from monitor.text.facts.numbers import Quantity
from monitor.text.words import Reading

# bounds that say the same where a claim is retold freely
ALIKE = {"": 0, "about": 0, "least": 0, "over": 1, "under": 2, "most": 2}
APART = 100  # figures of different words that are this many times each other are not the same figure


class Moves(NamedTuple):
    """`moved`: facts that stand against each other; `gained` and `lost`: facts that only one side states."""

    moved: Sequence[Change] = ()
    gained: Sequence[Change] = ()
    lost: Sequence[Change] = ()

    def all(self) -> list[Change]:
        """Every change, moved ones first."""
        return [*self.moved, *self.gained, *self.lost]


NOTHING = Moves()


def numbers(before: Reading, now: Reading, *, strict: bool) -> Moves:
    """What the figures say. `strict` tells "around 3,000" from "3,000"."""
    if not (before.numbers or now.numbers):
        return NOTHING
    left, pairs = list(before.numbers), []
    fresh = []
    for quantity in now.numbers:
        twin = next((old for old in _by_fit(left, quantity) if equal(old, quantity, strict=strict)), None)
        if twin is None:
            fresh.append(quantity)
        else:
            left.remove(twin)
            pairs.append((twin, quantity))
    moved = [_change(Kind.NUMBER, before, old, now, new) for old, new in crossed(pairs)]
    gained = []
    for quantity in sorted(fresh, key=lambda new: -max((len(set(new.of) & set(old.of)) for old in left), default=0)):
        old = counterpart(left, quantity)
        if old is not None:
            left.remove(old)
            moved.append(_change(Kind.NUMBER, before, old, now, quantity))
        elif not _article(now, quantity):
            gained.append(Change(Kind.NUMBER, "", now.text[quantity.start : quantity.end]))
    lost = [Change(Kind.NUMBER, before.text[q.start : q.end], "") for q in left if not _article(before, q)]
    return Moves(moved, gained, lost)


def _article(reading: Reading, quantity: Quantity) -> bool:
    """The "one" of "one of them" and "one woman" says no more than "a" where nothing stands against it."""
    return reading.text[quantity.start : quantity.end].casefold() in ("one", "один", "одна", "одне", "одно")


def _change(
    kind: Kind, before: Reading, old: Quantity | Date | Cue, now: Reading, new: Quantity | Date | Cue
) -> Change:
    return Change(kind, before.text[old.start : old.end], now.text[new.start : new.end])


def _by_fit(quantities: Sequence[Quantity], wanted: Quantity) -> list[Quantity]:
    """Those that count the same things first."""
    return sorted(quantities, key=lambda quantity: not set(quantity.of) & set(wanted.of))


def equal(old: Quantity, new: Quantity, *, strict: bool) -> bool:
    """Whether two figures say the same."""
    if (old.low, old.high, old.feared, old.ordinal) != (new.low, new.high, new.feared, new.ordinal):
        return False
    if old.unit != new.unit and (strict or (old.unit and new.unit)):
        return False
    return old.bound == new.bound if strict else ALIKE[old.bound] == ALIKE[new.bound]


def counterpart(left: Sequence[Quantity], new: Quantity) -> Quantity | None:
    """The figure that `new` took the place of: of the same unit and most of the same things, or the only one left."""
    fitting = [old for old in left if old.unit == new.unit and old.ordinal == new.ordinal]
    closest = max(fitting, key=lambda old: len(set(old.of) & set(new.of)), default=None)
    if closest is None or set(closest.of) & set(new.of):
        return closest
    return closest if new.unit or (len(left) == 1 and _comparable(closest, new)) else None


def _comparable(old: Quantity, new: Quantity) -> bool:
    """Whether two figures of different words could be one figure: 3 generals and 33,000 dead could not."""
    small, large = sorted((old.high, new.high))
    return large <= APART * max(small, 1)


def crossed(pairs: Sequence[tuple[Quantity, Quantity]]) -> list[tuple[Quantity, Quantity]]:
    """ "3 dead, 4 hurt" against "4 dead, 3 hurt": equal figures, but of each other's things."""
    found = []
    for old, new in pairs:
        if set(old.of) & set(new.of) or not (old.of and new.of):
            continue
        other = next((o for o, n in pairs if o is not old and set(o.of) & set(new.of) and o.low != new.low), None)
        if other:
            found.append((other, new))
    return found


def dates(before: Reading, now: Reading) -> Moves:
    """What the dates say: those that could be one moment agree."""
    if not (before.dates or now.dates):
        return NOTHING
    left, fresh = list(before.dates), []
    for date in now.dates:
        twin = next((old for old in left if agree(old, date)), None)
        if twin is None:
            fresh.append(date)
        else:
            left.remove(twin)
    moved, gained = [], []
    for date in fresh:
        old = next((other for other in left if _grain(other) & _grain(date)), None)
        if old is None:
            gained.append(Change(Kind.DATE, "", now.text[date.start : date.end]))
        else:
            left.remove(old)
            moved.append(_change(Kind.DATE, before, old, now, date))
    return Moves(moved, gained, [Change(Kind.DATE, before.text[d.start : d.end], "") for d in left])


def _grain(date: Date) -> set[int]:
    """Which parts of a date are said."""
    return {place for place, part in enumerate(date.parts()) if part is not None}


def cues(before: Reading, now: Reading, kind: Kind) -> Moves:
    """What the cues of one kind say: equal ones over the same words agree."""
    if not (before.cues or now.cues):
        return NOTHING
    left, fresh = [cue for cue in before.cues if cue.kind is kind], []
    for cue in (cue for cue in now.cues if cue.kind is kind):
        same = [old for old in left if old.value == cue.value]
        twin = next((old for old in same if set(old.over) & set(cue.over)), None)
        twin = twin or next((old for old in same if not _turned(old, cue, before, now)), None)
        if twin is None:
            fresh.append(cue)
        else:
            left.remove(twin)
    moved, gained = [], []
    for cue in fresh:
        if left:
            moved.append(_change(kind, before, left.pop(0), now, cue))
        else:
            gained.append(Change(kind, "", now.text[cue.start : cue.end]))
    return Moves(moved, gained, [Change(kind, before.text[cue.start : cue.end], "") for cue in left])


def traded(before: Reading, now: Reading, found: dict[Kind, Moves]) -> dict[Kind, Moves]:
    """What the cues say, where a denial and a word of certainty over the same words stand in each other's stead:
    "denied" → "confirmed" is one change.
    """
    denial, surety = found[Kind.NEGATION], found[Kind.CERTAINTY]
    if len(denial.lost) == len(surety.gained) == 1 and _one_matter(before.cues, now.cues):
        change = Change(Kind.NEGATION, denial.lost[0].before, surety.gained[0].after)
        denial, surety = denial._replace(lost=()), surety._replace(gained=())
    elif len(denial.gained) == len(surety.lost) == 1 and _one_matter(now.cues, before.cues):
        change = Change(Kind.NEGATION, surety.lost[0].before, denial.gained[0].after)
        denial, surety = denial._replace(gained=()), surety._replace(lost=())
    else:
        return found
    return {**found, Kind.NEGATION: denial._replace(moved=[*denial.moved, change]), Kind.CERTAINTY: surety}


def _one_matter(denials: Sequence[Cue], sureties: Sequence[Cue]) -> bool:
    """Whether a denial among the first cues governs what a word of certainty among the others does."""
    denied = {key for cue in denials if cue.kind is Kind.NEGATION for key in cue.over}
    return any(cue.kind is Kind.CERTAINTY and denied & set(cue.over) for cue in sureties)


def _turned(old: Cue, cue: Cue, before: Reading, now: Reading) -> bool:
    """Whether the first word that a cue governs is said by the other claim, but by no such cue."""
    return _free(old, cue, now) or _free(cue, old, before)


def _free(cue: Cue, other: Cue, reading: Reading) -> bool:
    return bool(cue.over) and cue.over[0] in reading.units and cue.over[0] not in other.over
