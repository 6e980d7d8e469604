"""Lays the content words of two claims against each other: what both say, what only one says."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from monitor.compare.kin import kin
from monitor.text.words import Reading, Unit


@dataclass(frozen=True, slots=True)
class Gap:
    """Units that only one claim has, and `met`: pairs of kindred units."""

    lost: tuple[Unit, ...]
    gained: tuple[Unit, ...]
    met: tuple[tuple[Unit, Unit], ...]


def gap(before: Reading, now: Reading) -> Gap:
    """What remains when equal and kindred words are laid on each other."""
    lost = [unit for unit in before.units if unit.key not in now.keys]
    gained = [unit for unit in now.units if unit.key not in before.keys]
    met = []
    for unit in lost if gained else ():
        twin = next((other for other in gained if _kindred(unit, other)), None)
        if twin:
            gained.remove(twin)
            met.append((unit, twin))
    gone = {unit.key for unit, _ in met}
    lost = [unit for unit in lost if unit.key not in gone]
    if len(lost) + len(gained) > 2:
        met += _joined(lost, gained) + [(a, b) for b, a in _joined(gained, lost)]
    return Gap(tuple(lost), tuple(gained), tuple(met))


def _joined(apart: list[Unit], whole: list[Unit]) -> list[tuple[Unit, Unit]]:
    """ "car jacking" and "carjacking": takes two units that make one out of both lists, and pairs them."""
    found = []
    for first, second in pairwise(list(apart)):
        one = next((unit for unit in whole if unit.word.fold == first.word.fold + second.word.fold), None)
        if one and first in apart and second in apart:
            apart.remove(first)
            apart.remove(second)
            whole.remove(one)
            found.append((first, one))
    return found


def _kindred(one: Unit, other: Unit) -> bool:
    if one.key[0] == "@" or other.key[0] == "@":
        return False
    return kin(one.word, other.word)
