"""Compares the facts of two claims: figures, dates and cues. Each function returns the changes of one kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from monitor.model import Change, ChangeKind
from monitor.text.analysis import ClaimAnalysis
from monitor.text.facts.cues import Cue
from monitor.text.facts.dates import Date, dates_agree
from monitor.text.facts.numbers import Quantity

# Bounds that count as equal between sources: those with the same number.
ALIKE = {"": 0, "about": 0, "least": 0, "over": 1, "under": 2, "most": 2}
APART = 100  # figures that count different things are different figures beyond this ratio


class FactDiff(NamedTuple):
    """Facts that differ (`changed`), and facts that only one side states (`added`, `removed`).

    `moved` has the old and the new figure of the changed ones.
    """

    changed: Sequence[Change] = ()
    added: Sequence[Change] = ()
    removed: Sequence[Change] = ()
    moved: Sequence[tuple[Quantity, Quantity]] = ()

    def all(self) -> list[Change]:
        """Return every change, changed facts first."""
        return [*self.changed, *self.added, *self.removed]


NO_FACT_DIFF = FactDiff()


def numbers(before: ClaimAnalysis, now: ClaimAnalysis, *, strict: bool) -> FactDiff:
    """Compare figures. With `strict`, "around 3,000" differs from "3,000"."""
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
    moved = crossed(pairs)
    gained = []
    for quantity in sorted(
        fresh, key=lambda new: -max((len(set(new.counted_keys) & set(old.counted_keys)) for old in left), default=0)
    ):
        old = counterpart(left, quantity)
        if old is not None:
            left.remove(old)
            moved.append((old, quantity))
        elif not _article(now, quantity):
            gained.append(Change(ChangeKind.NUMBER, "", now.text[quantity.start : quantity.end]))
    lost = [Change(ChangeKind.NUMBER, before.text[q.start : q.end], "") for q in left if not _article(before, q)]
    changed = [_change(ChangeKind.NUMBER, before, old, now, new) for old, new in moved]
    return FactDiff(changed, gained, lost, moved)


def _article(reading: ClaimAnalysis, quantity: Quantity) -> bool:
    """Whether a figure is an unopposed "one" ("one of them", "one woman"), which means "a"."""
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
    """Sort figures, those that count the same things first."""
    return sorted(quantities, key=lambda quantity: not set(quantity.counted_keys) & set(wanted.counted_keys))


def equal(old: Quantity, new: Quantity, *, strict: bool) -> bool:
    """Whether two figures are the same; unless `strict`, a missing unit or a similar bound is no difference."""
    if (old.low, old.high, old.is_projected, old.is_ordinal) != (new.low, new.high, new.is_projected, new.is_ordinal):
        return False
    if old.unit != new.unit and (strict or (old.unit and new.unit)):
        return False
    return old.bound == new.bound if strict else ALIKE[old.bound] == ALIKE[new.bound]


def counterpart(left: Sequence[Quantity], new: Quantity) -> Quantity | None:
    """Return the figure that `new` replaces: of the same unit and most of the same things, or the last left."""
    fitting = [old for old in left if old.unit == new.unit and old.is_ordinal == new.is_ordinal]
    closest = max(fitting, key=lambda old: len(set(old.counted_keys) & set(new.counted_keys)), default=None)
    if closest is None or set(closest.counted_keys) & set(new.counted_keys):
        return closest
    return closest if new.unit or (len(left) == 1 and _comparable(closest, new)) else None


def _comparable(old: Quantity, new: Quantity) -> bool:
    """Whether two figures that count different things may be one figure: 3 generals and 33,000 dead are not."""
    small, large = sorted((old.high, new.high))
    return large <= APART * max(small, 1)


def crossed(pairs: Sequence[tuple[Quantity, Quantity]]) -> list[tuple[Quantity, Quantity]]:
    """Find equal figures that swapped what they count: "3 dead, 4 hurt" and "4 dead, 3 hurt"."""
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
    """Compare dates. Dates that may be the same moment agree."""
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
    """Return the indexes of the parts of a date that are stated."""
    return {place for place, part in enumerate(date.parts()) if part is not None}


def cues(before: ClaimAnalysis, now: ClaimAnalysis, kind: ChangeKind) -> FactDiff:
    """Compare the cues of one kind. Equal cues that govern the same words agree."""
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
    """Merge a denial and a word of certainty that govern the same words: "denied" → "confirmed" is one change."""
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
    """Whether a denial of one side governs a word that a cue of certainty of the other side governs."""
    denied = {key for cue in denials if cue.kind is ChangeKind.NEGATION for key in cue.governed}
    return any(cue.kind is ChangeKind.CERTAINTY and denied & set(cue.governed) for cue in sureties)


def _turned(old: Cue, cue: Cue, before: ClaimAnalysis, now: ClaimAnalysis) -> bool:
    """Whether a cue's first governed word is in the other claim without being governed there."""
    return _free(old, cue, now) or _free(cue, old, before)


def _free(cue: Cue, other: Cue, reading: ClaimAnalysis) -> bool:
    return bool(cue.governed) and cue.governed[0] in reading.terms and cue.governed[0] not in other.governed
