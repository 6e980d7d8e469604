"""Detects swapped roles: "Russia strikes Ukraine" and "Ukraine strikes Russia".

Only if all other words are the same. A passive ("is struck by") reverses the order and keeps the roles.
"""

from __future__ import annotations

from monitor.compare.word_alignment import WordAlignment
from monitor.compare.word_changes import quote_terms
from monitor.model import Change, ChangeKind
from monitor.text.analysis import ClaimAnalysis


def roles_swapped(before: ClaimAnalysis, now: ClaimAnalysis, words: WordAlignment) -> list[Change]:
    """Return the change of two names that swapped places around the same words, or an empty list."""
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
    """Return the first and the last index at which the two orders differ."""
    places = [place for place, pair in enumerate(zip(keys, order, strict=True)) if pair[0] != pair[1]]
    return places[0], places[-1]


def _turned(reading: ClaimAnalysis) -> bool:
    """Whether the claim is in the passive voice."""
    return " by " in f" {reading.text.casefold()} "
