"""How alike two claims are, 0 to 100: the weight of what both say against the weight of what each says.

Facts count as words do, so a moved figure lowers similarity a little; whether it is news is for the verdict.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import log1p, sqrt

from rapidfuzz import fuzz

from monitor.compare.facts import NO_FACT_DIFF, FactDiff
from monitor.compare.word_alignment import WordAlignment
from monitor.text.analysis import CUE_WEIGHT, FACT_WEIGHT, PLACE, ClaimAnalysis

OTHER_PLACE = 0.15  # taken off for each place that the other claim puts another place in the stead of
NEARLY = 0.99  # claims that differ in anything are never quite alike
LENGTH = 0.08  # long claims share less of their words when they tell the same


def similarity(
    before: ClaimAnalysis,
    now: ClaimAnalysis,
    words: WordAlignment,
    facts: Iterable[FactDiff],
    cues: Iterable[FactDiff],
) -> float:
    """0 to 100 from what the words, the figures and dates (`facts`) and the cues of two claims have in common."""
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
    """How many places of one claim have another in their stead in the other."""
    if not (words.removed and words.added):
        return 0
    return min(len([unit for unit in side if unit.kind is PLACE]) for side in (words.removed, words.added))
