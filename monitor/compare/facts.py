"""Compares what two claims state: their figures, dates and cues. Each comparer gives the changes it sees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from monitor.model import Change, ChangeKind
from monitor.text.analysis import ClaimAnalysis
from monitor.text.facts.cues import Cue
from monitor.text.facts.dates import Date, dates_agree
from monitor.text.facts.numbers import Quantity

# bounds that say the same where a claim is retold freely
ALIKE = {"": 0, "about": 0, "least": 0, "over": 1, "under": 2, "most": 2}
APART = 100  # figures of different words that are this many times each other are not the same figure


class FactDiff(NamedTuple):
    """`moved`: facts that stand against each other; `gained` and `lost`: facts that only one side states."""

    changed: Sequence[Change] = ()
    added: Sequence[Change] = ()
    removed: Sequence[Change] = ()

    def all(self) -> list[Change]:
        """Every change, moved ones first."""
        return [*self.changed, *self.added, *self.removed]


NO_FACT_DIFF = FactDiff()


def numbers(before: ClaimAnalysis, now: ClaimAnalysis, *, strict: bool) -> FactDiff:
    """What the figures say. `strict` tells "around 3,000" from "3,000"."""
    if not (before.numbers or now.numbers):
        return NO_FACT_DIFF
    left, pairs = list(before.numbers), []
    fresh = []
    for quantity in now.numbers:
        twin = next((old for old in _by_fit(left, quantity) if equal(old, quantity, strict=strict)), None)
        if twin is None:
            fresh.append(quantity)
        else:
            left.remove(twin)
            pairs.append((twin, quantity))
    moved = [_change(ChangeKind.NUMBER, before, old, now, new) for old, new in crossed(pairs)]
    gained = []
    for quantity in sorted(
        fresh, key=lambda new: -max((len(set(new.counted_keys) & set(old.counted_keys)) for old in left), default=0)
    ):
        old = counterpart(left, quantity)
        if old is not None:
            left.remove(old)
            moved.append(_change(ChangeKind.NUMBER, before, old, now, quantity))
        elif not _article(now, quantity):
            gained.append(Change(ChangeKind.NUMBER, "", now.text[quantity.start : quantity.end]))
    lost = [Change(ChangeKind.NUMBER, before.text[q.start : q.end], "") for q in left if not _article(before, q)]
    return FactDiff(moved, gained, lost)


def _article(reading: ClaimAnalysis, quantity: Quantity) -> bool:
    """The "one" of "one of them" and "one woman" says no more than "a" where nothing stands against it."""
    return reading.text[quantity.start : quantity.end].casefold() in ("one", "один", "одна", "одне", "одно")


def _change(
    kind: ChangeKind,
    before: ClaimAnalysis,
    old: Quantity | Date | Cue,
    now: ClaimAnalysis,
    new: Quantity | Date | Cue,
) -> Change:
    return Change(kind, before.text[old.start : old.end], now.text[new.start : new.end])


def _by_fit(quantities: Sequence[Quantity], wanted: Quantity) -> list[Quantity]:
    """Those that count the same things first."""
    return sorted(quantities, key=lambda quantity: not set(quantity.counted_keys) & set(wanted.counted_keys))


def equal(old: Quantity, new: Quantity, *, strict: bool) -> bool:
    """Whether two figures say the same."""
    if (old.low, old.high, old.is_projected, old.is_ordinal) != (new.low, new.high, new.is_projected, new.is_ordinal):
        return False
    if old.unit != new.unit and (strict or (old.unit and new.unit)):
        return False
    return old.bound == new.bound if strict else ALIKE[old.bound] == ALIKE[new.bound]


def counterpart(left: Sequence[Quantity], new: Quantity) -> Quantity | None:
    """The figure that `new` took the place of: of the same unit and most of the same things, or the only one left."""
    fitting = [old for old in left if old.unit == new.unit and old.is_ordinal == new.is_ordinal]
    closest = max(fitting, key=lambda old: len(set(old.counted_keys) & set(new.counted_keys)), default=None)
    if closest is None or set(closest.counted_keys) & set(new.counted_keys):
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
        if set(old.counted_keys) & set(new.counted_keys) or not (old.counted_keys and new.counted_keys):
            continue
        other = next(
            (
                o
                for o, n in pairs
                if o is not old and set(o.counted_keys) & set(new.counted_keys) and o.low != new.low
            ),
            None,
        )
        if other:
            found.append((other, new))
    return found


def dates(before: ClaimAnalysis, now: ClaimAnalysis) -> FactDiff:
    """What the dates say: those that could be one moment agree."""
    if not (before.dates or now.dates):
        return NO_FACT_DIFF
    left, fresh = list(before.dates), []
    for date in now.dates:
        twin = next((old for old in left if dates_agree(old, date)), None)
        if twin is None:
            fresh.append(date)
        else:
            left.remove(twin)
    moved, gained = [], []
    for date in fresh:
        old = next((other for other in left if _grain(other) & _grain(date)), None)
        if old is None:
            gained.append(Change(ChangeKind.DATE, "", now.text[date.start : date.end]))
        else:
            left.remove(old)
            moved.append(_change(ChangeKind.DATE, before, old, now, date))
    return FactDiff(moved, gained, [Change(ChangeKind.DATE, before.text[d.start : d.end], "") for d in left])


def _grain(date: Date) -> set[int]:
    """Which parts of a date are said."""
    return {place for place, part in enumerate(date.parts()) if part is not None}


def cues(before: ClaimAnalysis, now: ClaimAnalysis, kind: ChangeKind) -> FactDiff:
    """What the cues of one kind say: equal ones over the same words agree."""
    if not (before.cues or now.cues):
        return NO_FACT_DIFF
    left, fresh = [cue for cue in before.cues if cue.kind is kind], []
    for cue in (cue for cue in now.cues if cue.kind is kind):
        same = [old for old in left if old.value == cue.value]
        twin = next((old for old in same if set(old.governed) & set(cue.governed)), None)
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
    return FactDiff(moved, gained, [Change(kind, before.text[cue.start : cue.end], "") for cue in left])


def merge_denials(
    before: ClaimAnalysis, now: ClaimAnalysis, found: dict[ChangeKind, FactDiff]
) -> dict[ChangeKind, FactDiff]:
    """What the cues say, where a denial and a word of certainty over the same words stand in each other's stead:
    "denied" → "confirmed" is one change.
    """
    denial, surety = found[ChangeKind.NEGATION], found[ChangeKind.CERTAINTY]
    if len(denial.removed) == len(surety.added) == 1 and _one_matter(before.cues, now.cues):
        change = Change(ChangeKind.NEGATION, denial.removed[0].before, surety.added[0].after)
        denial, surety = denial._replace(removed=()), surety._replace(added=())
    elif len(denial.added) == len(surety.removed) == 1 and _one_matter(now.cues, before.cues):
        change = Change(ChangeKind.NEGATION, surety.removed[0].before, denial.added[0].after)
        denial, surety = denial._replace(added=()), surety._replace(removed=())
    else:
        return found
    return {
        **found,
        ChangeKind.NEGATION: denial._replace(changed=[*denial.changed, change]),
        ChangeKind.CERTAINTY: surety,
    }


def _one_matter(denials: Sequence[Cue], sureties: Sequence[Cue]) -> bool:
    """Whether a denial among the first cues governs what a word of certainty among the others does."""
    denied = {key for cue in denials if cue.kind is ChangeKind.NEGATION for key in cue.governed}
    return any(cue.kind is ChangeKind.CERTAINTY and denied & set(cue.governed) for cue in sureties)


def _turned(old: Cue, cue: Cue, before: ClaimAnalysis, now: ClaimAnalysis) -> bool:
    """Whether the first word that a cue governs is said by the other claim, but by no such cue."""
    return _free(old, cue, now) or _free(cue, old, before)


def _free(cue: Cue, other: Cue, reading: ClaimAnalysis) -> bool:
    return bool(cue.governed) and cue.governed[0] in reading.terms and cue.governed[0] not in other.governed
