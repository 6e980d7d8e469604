"""Lays the content words of two claims against each other: what both say, what only one says."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from monitor.compare.kin import kin
from monitor.text.words import Reading, Unit

LONG_SHORT = 7  # letters from which a word in capitals is taken for shouting, not for initials


class Gap(NamedTuple):
    """Units that only one claim has, and `met`: pairs of kindred units."""

    lost: tuple[Unit, ...]
    gained: tuple[Unit, ...]
    met: tuple[tuple[Unit, Unit], ...]


def gap(before: Reading, now: Reading) -> Gap:
    """What remains when equal and kindred words are laid on each other."""
    lost = [unit for key, unit in before.units.items() if key not in now.units]
    gained = [unit for key, unit in now.units.items() if key not in before.units]
    if not (lost and gained):
        met = _short(lost, gained, now) + [(a, b) for b, a in _short(gained, lost, before)]
        return Gap(tuple(lost), tuple(gained), tuple(met))
    met = _kindred(lost, gained)
    met += _short(lost, gained, now) + [(a, b) for b, a in _short(gained, lost, before)]
    met += _joined(lost, gained) + [(a, b) for b, a in _joined(gained, lost)]
    return Gap(tuple(lost), tuple(gained), tuple(met))


def _kindred(lost: list[Unit], gained: list[Unit]) -> list[tuple[Unit, Unit]]:
    """Takes the spellings and derivations of one word out of both lists, and pairs them."""
    shelves: dict[str, list[Unit]] = {}
    for unit in gained:
        if unit.key[:1] != "@":
            shelves.setdefault(unit.word.initial, []).append(unit)
    found = []
    for unit in tuple(lost):
        shelf = shelves.get(unit.word.initial, ()) if unit.key[:1] != "@" else ()
        for other in shelf:
            if kin(unit.word, other.word):
                found.append((unit, other))
                lost.remove(unit)
                gained.remove(other)
                shelves[unit.word.initial].remove(other)
                break
    return found


def _short(units: list[Unit], spelt: list[Unit], other: Reading) -> list[tuple[Unit, Unit]]:
    """Takes those out of `units` that are the initials of a name in `other`, and the name's words out of `spelt`."""
    found = []
    shouted = [unit for unit in units if unit.word.shouted and len(unit.word.fold) < LONG_SHORT]
    for unit in shouted:
        capitals = [name for name in other.units.values() if name.word.capital]
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
    spellings = {unit.word.fold: unit for unit in whole}
    for first, second in pairwise(tuple(apart)):
        one = spellings.get(first.word.fold + second.word.fold)
        if one and first in apart and one in whole:
            apart.remove(first)
            apart.remove(second)
            whole.remove(one)
            found.append((first, one))
    return found
