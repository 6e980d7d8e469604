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


def numbers(before: ClaimAnalysis, after: ClaimAnalysis, *, strict: bool) -> FactDiff:
    """Compare figures. With `strict`, "around 3,000" differs from "3,000"."""
    if not (before.numbers or after.numbers):
        return NO_FACT_DIFF
    unmatched_before, pairs = list(before.numbers), []
    unmatched = []
    for figure in after.numbers:
        equal_figure = next(
            (old for old in _by_fit(unmatched_before, figure) if equal(old, figure, strict=strict)), None
        )
        if equal_figure is None:
            unmatched.append(figure)
        else:
            unmatched_before.remove(equal_figure)
            pairs.append((equal_figure, figure))
    moved = crossed(pairs)
    added = []
    for figure in sorted(
        unmatched,
        key=lambda new: (
            -max((len(set(new.counted_keys) & set(old.counted_keys)) for old in unmatched_before), default=0)
        ),
    ):
        old = counterpart(unmatched_before, figure)
        if old is not None:
            unmatched_before.remove(old)
            moved.append((old, figure))
        elif not _article(after, figure):
            added.append(Change(ChangeKind.NUMBER, "", after.text[figure.start : figure.end]))
    removed = [
        Change(ChangeKind.NUMBER, before.text[figure.start : figure.end], "")
        for figure in unmatched_before
        if not _article(before, figure)
    ]
    changed = [_change(ChangeKind.NUMBER, before, old, after, new) for old, new in moved]
    return FactDiff(changed, added, removed, moved)


def _article(analysis: ClaimAnalysis, figure: Quantity) -> bool:
    """Whether a figure is an unopposed "one" ("one of them", "one woman"), which means "a"."""
    return analysis.text[figure.start : figure.end].casefold() in ("one", "один", "одна", "одне", "одно")


def _change(
    kind: ChangeKind,
    before: ClaimAnalysis,
    old: Quantity | Date | Cue,
    after: ClaimAnalysis,
    new: Quantity | Date | Cue,
) -> Change:
    return Change(kind, before.text[old.start : old.end], after.text[new.start : new.end])


def _by_fit(figures: Sequence[Quantity], wanted: Quantity) -> list[Quantity]:
    """Sort figures, those that count the same things first."""
    return sorted(figures, key=lambda figure: not set(figure.counted_keys) & set(wanted.counted_keys))


def equal(old: Quantity, new: Quantity, *, strict: bool) -> bool:
    """Whether two figures are the same; unless `strict`, a missing unit or a similar bound is no difference."""
    if (old.low, old.high, old.is_projected, old.is_ordinal) != (new.low, new.high, new.is_projected, new.is_ordinal):
        return False
    if old.unit != new.unit and (strict or (old.unit and new.unit)):
        return False
    return old.bound == new.bound if strict else ALIKE[old.bound] == ALIKE[new.bound]


def counterpart(figures: Sequence[Quantity], new: Quantity) -> Quantity | None:
    """Return the figure that `new` replaces: of the same unit and most of the same things, or the last left."""
    fitting = [old for old in figures if old.unit == new.unit and old.is_ordinal == new.is_ordinal]
    closest = max(fitting, key=lambda old: len(set(old.counted_keys) & set(new.counted_keys)), default=None)
    if closest is None or set(closest.counted_keys) & set(new.counted_keys):
        return closest
    return closest if new.unit or (len(figures) == 1 and _comparable(closest, new)) else None


def _comparable(old: Quantity, new: Quantity) -> bool:
    """Whether two figures that count different things may be one figure: 3 generals and 33,000 dead are not."""
    small, large = sorted((old.high, new.high))
    return large <= APART * max(small, 1)


def crossed(pairs: Sequence[tuple[Quantity, Quantity]]) -> list[tuple[Quantity, Quantity]]:
    """Find equal figures that swapped what they count: "3 dead, 4 hurt" and "4 dead, 3 hurt"."""
    swapped = []
    for old, new in pairs:
        if set(old.counted_keys) & set(new.counted_keys) or not (old.counted_keys and new.counted_keys):
            continue
        other = next(
            (
                old_figure
                for old_figure, new_figure in pairs
                if old_figure is not old
                and set(old_figure.counted_keys) & set(new.counted_keys)
                and old_figure.low != new.low
            ),
            None,
        )
        if other:
            swapped.append((other, new))
    return swapped


def dates(before: ClaimAnalysis, after: ClaimAnalysis) -> FactDiff:
    """Compare dates. Dates that may be the same moment agree."""
    if not (before.dates or after.dates):
        return NO_FACT_DIFF
    unmatched_before, unmatched = list(before.dates), []
    for date in after.dates:
        equal_date = next((old for old in unmatched_before if dates_agree(old, date)), None)
        if equal_date is None:
            unmatched.append(date)
        else:
            unmatched_before.remove(equal_date)
    moved, added = [], []
    for date in unmatched:
        old = next((other for other in unmatched_before if _grain(other) & _grain(date)), None)
        if old is None:
            added.append(Change(ChangeKind.DATE, "", after.text[date.start : date.end]))
        else:
            unmatched_before.remove(old)
            moved.append(_change(ChangeKind.DATE, before, old, after, date))
    return FactDiff(
        moved, added, [Change(ChangeKind.DATE, before.text[date.start : date.end], "") for date in unmatched_before]
    )


def _grain(date: Date) -> set[int]:
    """Return the indexes of the parts of a date that are stated."""
    return {index for index, part in enumerate(date.parts()) if part is not None}


def cues(before: ClaimAnalysis, after: ClaimAnalysis, kind: ChangeKind) -> FactDiff:
    """Compare the cues of one kind. Equal cues that govern the same words agree."""
    if not (before.cues or after.cues):
        return NO_FACT_DIFF
    unmatched_before, unmatched = [cue for cue in before.cues if cue.kind is kind], []
    for cue in (cue for cue in after.cues if cue.kind is kind):
        equal_cues = [old for old in unmatched_before if old.value == cue.value]
        match = next((old for old in equal_cues if set(old.governed) & set(cue.governed)), None)
        match = match or next((old for old in equal_cues if not _turned(old, cue, before, after)), None)
        if match is None:
            unmatched.append(cue)
        else:
            unmatched_before.remove(match)
    moved, added = [], []
    for cue in unmatched:
        if unmatched_before:
            moved.append(_change(kind, before, unmatched_before.pop(0), after, cue))
        else:
            added.append(Change(kind, "", after.text[cue.start : cue.end]))
    return FactDiff(moved, added, [Change(kind, before.text[cue.start : cue.end], "") for cue in unmatched_before])


def merge_denials(
    before: ClaimAnalysis, after: ClaimAnalysis, diffs: dict[ChangeKind, FactDiff]
) -> dict[ChangeKind, FactDiff]:
    """Merge a denial and a word of certainty that govern the same words: "denied" → "confirmed" is one change."""
    denial, certainty = diffs[ChangeKind.NEGATION], diffs[ChangeKind.CERTAINTY]
    if len(denial.removed) == len(certainty.added) == 1 and _one_matter(before.cues, after.cues):
        change = Change(ChangeKind.NEGATION, denial.removed[0].before, certainty.added[0].after)
        denial, certainty = denial._replace(removed=()), certainty._replace(added=())
    elif len(denial.added) == len(certainty.removed) == 1 and _one_matter(after.cues, before.cues):
        change = Change(ChangeKind.NEGATION, certainty.removed[0].before, denial.added[0].after)
        denial, certainty = denial._replace(added=()), certainty._replace(removed=())
    else:
        return diffs
    return {
        **diffs,
        ChangeKind.NEGATION: denial._replace(changed=[*denial.changed, change]),
        ChangeKind.CERTAINTY: certainty,
    }


def _one_matter(denials: Sequence[Cue], certainties: Sequence[Cue]) -> bool:
    """Whether a denial of one side governs a word that a cue of certainty of the other side governs."""
    denied = {key for cue in denials if cue.kind is ChangeKind.NEGATION for key in cue.governed}
    return any(cue.kind is ChangeKind.CERTAINTY and denied & set(cue.governed) for cue in certainties)


def _turned(old: Cue, cue: Cue, before: ClaimAnalysis, after: ClaimAnalysis) -> bool:
    """Whether a cue's first governed word is in the other claim without being governed there."""
    return _free(old, cue, after) or _free(cue, old, before)


def _free(cue: Cue, other: Cue, analysis: ClaimAnalysis) -> bool:
    return bool(cue.governed) and cue.governed[0] in analysis.terms and cue.governed[0] not in other.governed
