"""Splits texts into words once, so that the terms of all rules are looked up instead of searched for.

A position is one number for a word of a text: `segment << SEGMENT_SHIFT | index`. Words of different texts are so far
apart that no phrase and no NEAR crosses from one to the next.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

import re2
from rapidfuzz import process
from rapidfuzz.distance import OSA

from monitor.ruleset.query.normalize import (
    fold_cased_word,
    fold_letters,
    folded_words,
    letter_origins,
    word_spans,
)

SEGMENT_SHIFT = 24
POSITION_MASK = (1 << SEGMENT_SHIFT) - 1  # the number of a word in its segment
TermSpan = tuple[int, int, str]  # first and last position, and the term that matched
TermSpans = list[TermSpan]


class RegexCandidates(NamedTuple):
    """The result of searching all segments for a regex: its pattern, and the segments in which it may match."""

    pattern: re2._Regexp | None
    segments: Sequence[int]


class ReadingOrder(NamedTuple):
    """How the segments of an update follow each other: its title, the segments of its text in order, and those that
    continue the paragraph of the segment before them."""

    title: frozenset[int]
    body: Sequence[int]
    continuing: frozenset[int]


class SegmentIndex:
    """Some texts (segments) and the positions of their folded words.

    Every look-up takes the segments to search, in order, because most rules are matched against a single claim.
    Without an `order`, each segment is a text of its own.
    """

    def __init__(self, texts: Iterable[str], order: ReadingOrder | None = None) -> None:
        self.texts = tuple(texts)
        self.order = order
        self.words_by_segment = [folded_words(text) for text in self.texts]
        self.all_segments = frozenset(range(len(self.texts)))
        self._regex_candidates: dict[str, RegexCandidates] = {}
        self._searched_regexes: list[Container[str]] = []
        self._word_offsets: dict[int, list[tuple[int, int]]] = {}
        self._spans: dict[tuple[str, frozenset[int]], TermSpans] = {}
        self._letter_offsets: dict[int, Sequence[int]] = {}
        self._cased_words: dict[int, list[str]] = {}

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

    def cased_words(self, segment: int) -> list[str]:
        """The words of a segment, folded except for their case."""
        if segment not in self._cased_words:
            text = self.texts[segment]
            self._cased_words[segment] = [
                fold_cased_word(text[start:end]) for start, end in self.word_offsets(segment)
            ]
        return self._cased_words[segment]

    @cached_property
    def paragraphs(self) -> dict[int, frozenset[int]]:
        """The segments of each paragraph of several, by each of its segments."""
        paragraphs: list[list[int]] = []
        for segment in self.order.body if self.order else ():
            if self.order and segment in self.order.continuing and paragraphs:
                paragraphs[-1].append(segment)
            else:
                paragraphs.append([segment])
        return {segment: frozenset(paragraph) for paragraph in paragraphs for segment in paragraph}

    def paragraph(self, segment: int) -> frozenset[int]:
        """The segments of the paragraph that a segment belongs to; the title, for one, is a paragraph of its own."""
        return self.paragraphs.get(segment) or frozenset((segment,))

    @cached_property
    def words_before(self) -> dict[int, int]:
        """For each segment of the text, the number of words of the text before it; 0 for a text of its own."""
        if self.order is None:
            return dict.fromkeys(self.all_segments, 0)
        lengths = [len(self.words_by_segment[segment]) for segment in self.order.body]
        return dict(zip(self.order.body, accumulate(lengths, initial=0), strict=False))

    def is_among_first(self, last: int, count: int) -> bool:
        """Return whether a span that ends at `last` is in the title or among the first `count` words of the text."""
        if self.order and last >> SEGMENT_SHIFT in self.order.title:
            return True
        return 0 < self.word_number(last) <= count

    def word_number(self, position: int) -> int:
        """The number of a word in the text of the update, from 1; 0 if it is not in the text."""
        segment = position >> SEGMENT_SHIFT
        return self.words_before[segment] + (position & POSITION_MASK) + 1 if segment in self.words_before else 0

    def touches_next(self, position: int) -> bool:
        """Return whether a word directly touches the next one. (Both must be in one segment.)"""
        offsets = self.word_offsets(position >> SEGMENT_SHIFT)
        number = position & POSITION_MASK
        return offsets[number][1] == offsets[number + 1][0]

    def locate(self, first: int, last: int) -> tuple[int, int, int]:
        """Return (segment, start, end) of the words from `first` to `last`."""
        segment = first >> SEGMENT_SHIFT
        offsets = self.word_offsets(segment)
        return segment, offsets[first & POSITION_MASK][0], offsets[last & POSITION_MASK][1]


def overlapping_words(word_offsets: list[tuple[int, int]], start: int, end: int) -> range:
    """The indexes of the words that overlap [start, end)."""
    first = bisect_right(word_offsets, start, key=lambda span: span[1])
    last = bisect_right(word_offsets, end - 1, key=lambda span: span[0])
    return range(first, last)
