"""Lays the content words of two claims against each other: what both say, what only one says."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from monitor.compare.word_variants import same_word
from monitor.text.analysis import ClaimAnalysis, ContentTerm

LONG_SHORT = 7  # letters from which a word in capitals is taken for shouting, not for initials


class WordAlignment(NamedTuple):
    """Units that only one claim has, and `met`: pairs of kindred units."""

    removed: tuple[ContentTerm, ...]
    added: tuple[ContentTerm, ...]
    matched: tuple[tuple[ContentTerm, ContentTerm], ...]


def align_words(before: ClaimAnalysis, now: ClaimAnalysis) -> WordAlignment:
    """What remains when equal and kindred words are laid on each other."""
    lost = [unit for key, unit in before.terms.items() if key not in now.terms]
    gained = [unit for key, unit in now.terms.items() if key not in before.terms]
    if not (lost and gained):
        met = _short(lost, gained, now) + [(a, b) for b, a in _short(gained, lost, before)]
        return WordAlignment(tuple(lost), tuple(gained), tuple(met))
    met = _kindred(lost, gained)
    met += _short(lost, gained, now) + [(a, b) for b, a in _short(gained, lost, before)]
    met += _joined(lost, gained) + [(a, b) for b, a in _joined(gained, lost)]
    return WordAlignment(tuple(lost), tuple(gained), tuple(met))


def _kindred(lost: list[ContentTerm], gained: list[ContentTerm]) -> list[tuple[ContentTerm, ContentTerm]]:
    """Takes the spellings and derivations of one word out of both lists, and pairs them."""
    shelves: dict[str, list[ContentTerm]] = {}
    for unit in gained:
        if unit.key[:1] != "@":
            shelves.setdefault(unit.word.initial, []).append(unit)
    found = []
    for unit in tuple(lost):
        shelf = shelves.get(unit.word.initial, ()) if unit.key[:1] != "@" else ()
        for other in shelf:
            if same_word(unit.word, other.word):
                found.append((unit, other))
                lost.remove(unit)
                gained.remove(other)
                shelves[unit.word.initial].remove(other)
                break
    return found


def _short(
    units: list[ContentTerm], spelt: list[ContentTerm], other: ClaimAnalysis
) -> list[tuple[ContentTerm, ContentTerm]]:
    """Takes those out of `units` that are the initials of a name in `other`, and the name's words out of `spelt`."""
    found = []
    shouted = [unit for unit in units if unit.word.is_all_caps and len(unit.word.folded) < LONG_SHORT]
    for unit in shouted:
        capitals = [name for name in other.terms.values() if name.word.is_capitalized]
        place = "".join(name.word.folded[0] for name in capitals).find(unit.word.folded)
        if place >= 0:
            name = capitals[place : place + len(unit.word.folded)]
            units.remove(unit)
            spelt[:] = [word for word in spelt if word not in name]
            found.append((unit, name[0]))
    return found


def _joined(apart: list[ContentTerm], whole: list[ContentTerm]) -> list[tuple[ContentTerm, ContentTerm]]:
    """ "car jacking" and "carjacking": takes two units that make one out of both lists, and pairs them."""
    found = []
    spellings = {unit.word.folded: unit for unit in whole}
    for first, second in pairwise(tuple(apart)):
        one = spellings.get(first.word.folded + second.word.folded)
        if one and first in apart and one in whole:
            apart.remove(first)
            apart.remove(second)
            whole.remove(one)
            found.append((first, one))
    return found
