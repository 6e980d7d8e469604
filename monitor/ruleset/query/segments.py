"""Splits texts into words once, so that the terms of all rules are looked up instead of searched for.

A position is one number for a word of a text: `segment << SEGMENT_SHIFT | index`. Words of different texts are so far
apart that no phrase and no NEAR crosses from one to the next.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import re2
from rapidfuzz import process
from rapidfuzz.distance import OSA

from monitor.ruleset.query.normalize import fold_letters, folded_words, letter_origins, word_spans

SEGMENT_SHIFT = 24
TermSpan = tuple[int, int, str]  # first and last position, and the term that matched
TermSpans = list[TermSpan]


class RegexCandidates(NamedTuple):
    """The result of searching all segments for a regex: its pattern, and the segments in which it may match."""

    pattern: re2._Regexp | None
    segments: Sequence[int]


class SegmentIndex:
    """Some texts (segments) and the positions of their folded words.

    Every look-up takes the segments to search, in order, because most rules are matched against a single claim.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = tuple(texts)
        self.words_by_segment = [folded_words(text) for text in self.texts]
        self.all_segments = frozenset(range(len(self.texts)))
        self._regex_candidates: dict[str, RegexCandidates] = {}
        self._searched_regexes: list[Container[str]] = []
        self._word_offsets: dict[int, list[tuple[int, int]]] = {}
        self._spans: dict[tuple[str, frozenset[int]], TermSpans] = {}
        self._letter_offsets: dict[int, Sequence[int]] = {}

    def word_positions(self, word: str, segments: Sequence[int]) -> list[int]:
        """The positions of a folded word, in order."""
        return [
            segment << SEGMENT_SHIFT | number
            for segment in segments
            if word in self.words_by_segment[segment]
            for number, other in enumerate(self.words_by_segment[segment])
            if other == word
        ]

    def stem_positions(self, stem: str, segments: Sequence[int]) -> list[int]:
        """The positions of words with this prefix, in order."""
        return [
            segment << SEGMENT_SHIFT | number
            for segment in segments
            for number, word in enumerate(self.words_by_segment[segment])
            if word.startswith(stem)
        ]

    def fuzzy_positions(self, word: str, max_edits: int, segments: Sequence[int]) -> list[int]:
        """The positions of words at most `max_edits` edits away, in order; a swap of two letters is one edit."""
        distinct_words = list({candidate for segment in segments for candidate in self.words_by_segment[segment]})
        close_words = process.extract(word, distinct_words, scorer=OSA.distance, score_cutoff=max_edits, limit=None)
        return sorted(
            position for candidate, *_ in close_words for position in self.word_positions(candidate, segments)
        )

    def cached_spans(
        self, term: str, segments: frozenset[int], find: Callable[[SegmentIndex, Sequence[int]], TermSpans]
    ) -> TermSpans:
        """Return what `find` finds of a term in these segments; cached, because many rules share terms."""
        key = term, segments
        if key not in self._spans:
            self._spans[key] = find(self, sorted(segments))
        return self._spans[key]

    def record_regexes(self, searched: Container[str], candidates: Mapping[str, RegexCandidates]) -> None:
        """Note that of the regexes `searched`, only those in `candidates` may match anywhere."""
        self._searched_regexes.append(searched)
        self._regex_candidates.update(candidates)

    def regex_candidates(
        self, source: str, find_candidates: Callable[[SegmentIndex], RegexCandidates]
    ) -> RegexCandidates:
        """Return where a regex may match: as recorded, else as `find_candidates` finds."""
        if source not in self._regex_candidates:
            is_searched = any(source in searched for searched in self._searched_regexes)
            self._regex_candidates[source] = RegexCandidates(None, ()) if is_searched else find_candidates(self)
        return self._regex_candidates[source]

    @cached_property
    def folded_texts(self) -> list[str]:
        """Each text folded letter by letter, for regexes; see `fold_letters`."""
        return [fold_letters(text) for text in self.texts]

    @cached_property
    def joined_folded_text(self) -> str:
        """All folded texts as one, each on its own line."""
        return "\n".join(self.folded_texts)

    def letter_offsets(self, segment: int) -> Sequence[int]:
        """The offset in the original text of each letter of the folded text."""
        if segment not in self._letter_offsets:
            self._letter_offsets[segment] = letter_origins(self.texts[segment])
        return self._letter_offsets[segment]

    def word_offsets(self, segment: int) -> list[tuple[int, int]]:
        """The offsets [start, end) of the words of a segment in its text."""
        if segment not in self._word_offsets:
            self._word_offsets[segment] = word_spans(self.texts[segment])
        return self._word_offsets[segment]

    def touches_next(self, position: int) -> bool:
        """Return whether a word directly touches the next one. (Both must be in one segment.)"""
        offsets = self.word_offsets(position >> SEGMENT_SHIFT)
        number = position & (1 << SEGMENT_SHIFT) - 1
        return offsets[number][1] == offsets[number + 1][0]

    def locate(self, first: int, last: int) -> tuple[int, int, int]:
        """Return (segment, start, end) of the words from `first` to `last`."""
        segment, mask = first >> SEGMENT_SHIFT, (1 << SEGMENT_SHIFT) - 1
        offsets = self.word_offsets(segment)
        return segment, offsets[first & mask][0], offsets[last & mask][1]


def overlapping_words(word_offsets: list[tuple[int, int]], start: int, end: int) -> range:
    """The indexes of the words that overlap [start, end)."""
    first = bisect_right(word_offsets, start, key=lambda span: span[1])
    last = bisect_right(word_offsets, end - 1, key=lambda span: span[0])
    return range(first, last)
