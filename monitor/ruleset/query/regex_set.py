"""Searches texts for many regexes at once: RE2 first looks for the literals that each regex requires, then runs the
regexes that are left.

RE2 fails when a set has too many literals, so the regexes are compiled in batches. Anchored regexes (`^`, `$`) have
batches of their own, because the others search all texts joined into one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

import re2

from monitor.ruleset.query import word_boundaries
from monitor.ruleset.query.segments import RegexCandidates
from monitor.ruleset.query.terms import REGEX_ANCHOR

MAX_REGEXES_PER_BATCH = 2_000


class RegexBatch(NamedTuple):
    """Regexes compiled together. If `is_anchored`, each text must be searched separately."""

    sources: Sequence[str]
    regex_filter: re2.Filter
    is_anchored: bool


class RegexSet:
    """A set of regexes, by their `sources`; false if empty."""

    __slots__ = ("batches", "sources")

    def __init__(self, sources: Iterable[str]) -> None:
        self.sources = frozenset(sources)
        ordered = sorted(self.sources)
        self.batches = [
            RegexBatch(batch_sources, regex_filter, anchored)
            for anchored in (False, True)
            for batch_sources, regex_filter in compile_batches(
                [source for source in ordered if bool(REGEX_ANCHOR.search(source)) is anchored]
            )
        ]

    def __bool__(self) -> bool:
        return bool(self.batches)

    def match_texts(self, texts: Sequence[str]) -> dict[str, RegexCandidates]:
        """Return the sources that may match, each with its pattern and the indexes of those texts."""
        encoded = [text.encode() for text in texts]
        joined_texts = b"\n".join(encoded)
        text_starts = list(accumulate((len(text) + 1 for text in encoded), initial=0))
        candidates = {}
        for sources, regex_filter, anchored in self.batches:
            for number in regex_filter.Match(joined_texts, potential=anchored) or ():
                bare_pattern = regex_filter.re(number)
                text_indexes = (
                    match_separately(bare_pattern, texts)
                    if anchored
                    else match_joined(bare_pattern, joined_texts, text_starts)
                )
                if text_indexes:
                    candidates[sources[number]] = RegexCandidates(bare_pattern, text_indexes)
        return candidates


def match_separately(bare_pattern: re2._Regexp, texts: Sequence[str]) -> list[int]:
    """Return the indexes of the texts in which a pattern matches."""
    return [index for index, text in enumerate(texts) if bare_pattern.search(text)]


def match_joined(bare_pattern: re2._Regexp, joined_texts: bytes, text_starts: Sequence[int]) -> list[int]:
    """Return the indexes of the texts in which a pattern may match; a match may also extend into the next text."""
    text_indexes, offset = [], 0
    while offset < len(joined_texts) and (match := bare_pattern.search(joined_texts, offset)):
        text_indexes.append(bisect_right(text_starts, match.start()) - 1)
        offset = text_starts[text_indexes[-1] + 1]
    return text_indexes


def compile_batches(sources: Sequence[str]) -> Iterator[tuple[Sequence[str], re2.Filter]]:
    """Compile the sources in as many batches as RE2 needs."""
    if not sources:
        return
    regex_filter = re2.Filter()
    for source in sources[:MAX_REGEXES_PER_BATCH]:
        regex_filter.Add(source, word_boundaries.pattern_options())
    try:
        regex_filter.Compile()
        yield sources[:MAX_REGEXES_PER_BATCH], regex_filter
        yield from compile_batches(sources[MAX_REGEXES_PER_BATCH:])
    except re2.error:
        middle = min(MAX_REGEXES_PER_BATCH, len(sources)) // 2
        yield from compile_batches(sources[:middle])
        yield from compile_batches(sources[middle:])
