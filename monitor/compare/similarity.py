"""Similarity of two claims, 0 to 100: the weight of the terms they share in proportion to the weight of each.

Facts count like words, so a changed figure lowers the similarity a little; the verdict decides if it is news.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import log1p, sqrt

from rapidfuzz import fuzz

from monitor.compare.facts import NO_FACT_DIFF, FactDiff
from monitor.compare.word_alignment import WordAlignment
from monitor.text.analysis import CUE_WEIGHT, FACT_WEIGHT, PLACE, ClaimAnalysis

OTHER_PLACE = 0.15  # subtracted for each place that is replaced by another
NEARLY = 0.99  # upper limit for claims that differ in anything
LENGTH = 0.08  # added per log of the differing weight: long claims with the same facts share fewer words


def similarity(
    before: ClaimAnalysis,
    now: ClaimAnalysis,
    words: WordAlignment,
    facts: Iterable[FactDiff],
    cues: Iterable[FactDiff],
) -> float:
    """Return the similarity, 0 to 100, from the differences in words, in figures and dates (`facts`) and in cues."""
    if not (before.weight and now.weight):
        return fuzz.ratio(before.text, now.text)
    lost = sum([unit.weight for unit in words.removed])
    gained = sum([unit.weight for unit in words.added])
    for weight, all_moves in ((FACT_WEIGHT, facts), (CUE_WEIGHT, cues)):
        for moves in all_moves:
            if moves is NO_FACT_DIFF:
                continue
            lost += weight * (len(moves.changed) + len(moves.removed))
            gained += weight * (len(moves.changed) + len(moves.added))
    share = (before.weight - lost + now.weight - gained) / 2 / sqrt(before.weight * now.weight)
    share += LENGTH * log1p(max(lost, gained)) - OTHER_PLACE * places_apart(words)
    return 100 * min(NEARLY if lost or gained else 1.0, max(0.0, share))


def places_apart(words: WordAlignment) -> int:
    """Return the number of places that are replaced by another place."""
    if not (words.removed and words.added):
        return 0
    return min(len([unit for unit in side if unit.kind is PLACE]) for side in (words.removed, words.added))
