"""Tells the words that moved between two claims as changes a reader understands: whole runs of words, put against
what stood in their place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from monitor.compare.antonyms import opposing
from monitor.compare.words import Gap
from monitor.model import Change, Kind
from monitor.text.lexicon.stops import LIGHT, PAGES
from monitor.text.words import Reading, Unit

LINK = re.compile(r"[^.!?:;]{3,80}? [-–—]{1,2} [^.!?:;]{3,80}")
LIGHT_IN_LINKS = LIGHT | PAGES


class Run(NamedTuple):
    """Neighbouring units that only one claim has, and the keys of the units around them ("" at an edge)."""

    units: tuple[Unit, ...]
    left: str
    right: str


class Worded(NamedTuple):
    """The changes of words; `material` is false when all of them are wording that says nothing else."""

    changes: list[Change]
    material: bool


def worded(before: Reading, now: Reading, words: Gap) -> Worded:
    """What the words that are left over say: slips and light words are wording, all else is material."""
    light = LIGHT_IN_LINKS if is_link(before.text) and is_link(now.text) else LIGHT
    changes = [Change(Kind.WORDING, said(before, (a,)), said(now, (b,))) for a, b in words.met]
    lost, gained = runs(before, words.lost), runs(now, words.gained)
    for run in lost:
        other = instead(run, gained)
        if other:
            gained.remove(other)
        changes.append(_change(before, run, now, other, light))
    changes += [_change(before, None, now, run, light) for run in gained]
    return Worded(changes, any(unit.word.fold not in light for unit in (*words.lost, *words.gained)))


def is_link(text: str) -> bool:
    """Whether a text reads like the title of a link: "What it is about – Who publishes it"."""
    return LINK.fullmatch(text.strip()) is not None


def runs(reading: Reading, units: Sequence[Unit]) -> list[Run]:
    """`units` of a reading joined where nothing that both claims say stands between them."""
    if not units:
        return []
    apart = {unit.key for unit in units}
    found: list[Run] = []
    left, run = "", []
    for unit in reading.units.values():
        if unit.key in apart:
            run.append(unit)
            continue
        if run:
            found.append(Run(tuple(run), left, unit.key))
            run = []
        left = unit.key
    return [*found, Run(tuple(run), left, "")] if run else found


def instead(run: Run, others: Iterable[Run]) -> Run | None:
    """The run that stands in the place of `run`: between the same neighbours, or its opposite."""
    return next(
        (
            other
            for other in others
            if other.left == run.left or (other.right == run.right) or opposite(run.units, other.units)
        ),
        None,
    )


def opposite(some: Iterable[Unit], others: Sequence[Unit]) -> bool:
    """Whether a word of one run turns a word of the other around."""
    return bool(opposing([unit.word.stem for unit in some], [unit.word.stem for unit in others]))


def said(reading: Reading, units: Sequence[Unit]) -> str:
    """The words of the text from the first of `units` to the last."""
    return reading.text[reading.span(units[0])[0] : reading.span(units[-1])[1]] if units else ""


def _change(before: Reading, old: Run | None, now: Reading, new: Run | None, light: frozenset[str]) -> Change:
    gone, come = old.units if old else (), new.units if new else ()
    return Change(_kind(gone, come, light), said(before, gone), said(now, come))


def _kind(gone: Sequence[Unit], come: Sequence[Unit], light: frozenset[str]) -> Kind:
    """What the exchange of two runs of words, or the coming or going of one, is called."""
    if all(unit.word.fold in light for unit in (*gone, *come)):
        return Kind.WORDING
    if not (gone and come):
        return Kind.ADDED if come else Kind.REMOVED
    if opposite(gone, come):
        return Kind.ANTONYM
    named = [unit.kind for unit in come if unit.kind is not Kind.WORDING]
    return named[0] if named and any(unit.kind is not Kind.WORDING for unit in gone) else Kind.WORDING
