"""Aligns the content words of two claims: the words of both, and the words of one only."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from monitor.compare.word_variants import same_word
from monitor.text.analysis import ClaimAnalysis, ContentTerm

LONG_SHORT = 7  # a word in capitals with this many letters is emphasis, not initials


class WordAlignment(NamedTuple):
    """Terms that only one claim has, and pairs of terms that are forms of one word."""

    removed: tuple[ContentTerm, ...]
    added: tuple[ContentTerm, ...]
    matched: tuple[tuple[ContentTerm, ContentTerm], ...]


def align_words(before: ClaimAnalysis, now: ClaimAnalysis) -> WordAlignment:
    """Match equal terms, then spellings and derivations, initials, and words written apart or together."""
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
    """Remove the spellings and derivations of one word from both lists, and return them in pairs."""
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
    """Remove initials of a name in `other` from `units`, and the words of that name from `spelt`; return pairs."""
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
    """Remove two terms that form one ("car jacking", "carjacking") from both lists, and return them in pairs."""
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
