"""Similarity of two claims, 0 to 100: the weight of the terms they share in proportion to the weight of each.

Facts count like words, so a changed figure lowers the similarity a little; the verdict decides if it is news.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import log1p, sqrt

from rapidfuzz import fuzz

from monitor.compare.facts import NO_FACT_DIFF, FactDiff
from monitor.compare.words import WordAlignment
from monitor.text.analysis import CUE_WEIGHT, FACT_WEIGHT, PLACE, ClaimAnalysis

OTHER_PLACE = 0.15  # subtracted for each place that is replaced by another
NEARLY = 0.99  # upper limit for claims that differ in anything
LENGTH = 0.08  # added per log of the differing weight: long claims with the same facts share fewer words


def similarity(
    before: ClaimAnalysis,
    after: ClaimAnalysis,
    words: WordAlignment,
    facts: Iterable[FactDiff],
    cues: Iterable[FactDiff],
) -> float:
    """Return the similarity, 0 to 100, from the differences in words, in figures and dates (`facts`) and in cues."""
    if not (before.weight and after.weight):
        return fuzz.ratio(before.text, after.text)
    removed = sum([term.weight for term in words.removed])
    added = sum([term.weight for term in words.added])
    for weight, fact_diffs in ((FACT_WEIGHT, facts), (CUE_WEIGHT, cues)):
        for fact_diff in fact_diffs:
            if fact_diff is NO_FACT_DIFF:
                continue
            removed += weight * (len(fact_diff.changed) + len(fact_diff.removed))
            added += weight * (len(fact_diff.changed) + len(fact_diff.added))
    share = (before.weight - removed + after.weight - added) / 2 / sqrt(before.weight * after.weight)
    share += LENGTH * log1p(max(removed, added)) - OTHER_PLACE * places_apart(words)
    return 100 * min(NEARLY if removed or added else 1.0, max(0.0, share))


def places_apart(words: WordAlignment) -> int:
    """Return the number of places that are replaced by another place."""
    if not (words.removed and words.added):
        return 0
    return min(len([term for term in side if term.kind is PLACE]) for side in (words.removed, words.added))
