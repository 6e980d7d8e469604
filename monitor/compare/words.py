"""Lays the content words of two claims against each other: what both say, what only one says."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from monitor.compare.kin import kin
from monitor.text.words import Reading, Unit

LONG_SHORT = 7  # letters from which a word in capitals is taken for shouting, not for initials


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
    met += _short(lost, gained, now) + [(a, b) for b, a in _short(gained, lost, before)]
    if len(lost) + len(gained) > 2:
        met += _joined(lost, gained) + [(a, b) for b, a in _joined(gained, lost)]
    return Gap(tuple(lost), tuple(gained), tuple(met))


def _short(units: list[Unit], spelt: list[Unit], other: Reading) -> list[tuple[Unit, Unit]]:
    """Takes those out of `units` that are the initials of a name in `other`, and the name's words out of `spelt`."""
    found = []
    for unit in [unit for unit in units if unit.word.shouted and len(unit.word.fold) < LONG_SHORT]:
        capitals = [name for name in other.units if name.word.capital]
        place = "".join(name.word.fold[0] for name in capitals).find(unit.word.fold)
        if place >= 0:
            name = capitals[place : place + len(unit.word.fold)]
            units.remove(unit)
            spelt[:] = [word for word in spelt if word not in name]
            found.append((unit, name[0]))
    return found


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
