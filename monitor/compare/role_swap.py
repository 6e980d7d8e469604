"""Sees who does what to whom change places: "Russia strikes Ukraine" against "Ukraine strikes Russia".

Only where the words are the same otherwise; a passive ("is struck by") turns the order without turning the roles.
"""

from __future__ import annotations

from monitor.compare.word_alignment import WordAlignment
from monitor.compare.word_changes import quote_terms
from monitor.model import Change, ChangeKind
from monitor.text.analysis import ClaimAnalysis


def roles_swapped(before: ClaimAnalysis, now: ClaimAnalysis, words: WordAlignment) -> list[Change]:
    """The two names around the same words that traded places, or nothing."""
    if words.removed or words.added or len(before.terms) != len(now.terms) or len(before.terms) < 3:
        return []
    keys, order = list(before.terms), list(now.terms)
    if keys == order or sorted(keys) != sorted(order) or _turned(before) != _turned(now):
        return []
    first, last = _apart(keys, order)
    traded = keys[first] == order[last] and keys[last] == order[first] and last - first > 1
    if not traded or keys[first + 1 : last] != order[first + 1 : last]:
        return []
    one, other = before.terms[keys[first]], now.terms[order[first]]
    if ChangeKind.WORDING in (one.kind, other.kind):
        return []
    return [Change(one.kind, quote_terms(before, (one,)), quote_terms(now, (other,)))]


def _apart(keys: list[str], order: list[str]) -> tuple[int, int]:
    """The first and the last place where the two orders differ."""
    places = [place for place, pair in enumerate(zip(keys, order, strict=True)) if pair[0] != pair[1]]
    return places[0], places[-1]


def _turned(reading: ClaimAnalysis) -> bool:
    """Whether the claim is said in the passive."""
    return " by " in f" {reading.text.casefold()} "
