"""The terms of a query and how each is found in a text: words, stems, phrases, fuzzy words and regexes."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import re2

from monitor.ruleset.query import word_boundaries
from monitor.ruleset.query.nodes import And, IndexKey, KeyFrequency, Node, Not, Or, RequiredKeys, Term
from monitor.ruleset.query.segments import (
    POSITION_MASK,
    SEGMENT_SHIFT,
    RegexCandidates,
    SegmentIndex,
    TermSpan,
    TermSpans,
    overlapping_words,
)

ANY_TEXT = "*"  # the term that matches every text; its spans are no words worth showing
REGEX_ANCHOR = re.compile(r"[\^$]|\\[AzBb]")  # in a regex: it may depend on where the text starts or ends


@dataclass(frozen=True, slots=True)
class PhraseWord:
    """One word or stem of a phrase. If `is_glued`, it must directly follow the word before it.

    `cased` is its spelling with exact case, "" if case does not matter.
    """

    word: str
    is_stem: bool = False
    is_glued: bool = False
    cased: str = ""

    def positions(self, index: SegmentIndex, segments: Sequence[int]) -> list[int]:
        """Return the positions of the word or of words with the stem, in order."""
        find_positions = index.stem_positions if self.is_stem else index.word_positions
        positions = find_positions(self.word, segments)
        return [position for position in positions if self._has_case(index, position)] if self.cased else positions

    def _has_case(self, index: SegmentIndex, position: int) -> bool:
        word = index.cased_words(position >> SEGMENT_SHIFT)[position & POSITION_MASK]
        return word.startswith(self.cased) if self.is_stem else word == self.cased


@dataclass(frozen=True, slots=True)
class PhraseTerm(Term):
    """A word, a stem, or a phrase with up to `slop` other words inside it."""

    words: tuple[PhraseWord, ...] = ()
    slop: int = 0

    def find(self, index: SegmentIndex, segments: Sequence[int]) -> TermSpans:
        """Return each start of the phrase with its nearest end."""
        if len(self.words) == 1:
            return [(position, position, self.text) for position in self.words[0].positions(index, segments)]
        first_run, *other_runs = [glued_spans(run, index, segments) for run in glued_runs(self.words)]
        phrase_spans = ((start, self._find_end(end, other_runs)) for start, end in first_run)
        return [(start, end, self.text) for start, end in phrase_spans if end is not None]

    def _find_end(self, end: int, other_runs: list[list[tuple[int, int]]]) -> int | None:
        """Return the end of the phrase whose first run ends at `end`; None if it does not match.

        Taking the earliest next run leaves the most slop for the others.
        """
        remaining_slop = self.slop
        for run in other_runs:
            next_index = bisect_right(run, (end, 1 << 62))
            if next_index == len(run) or run[next_index][0] - end - 1 > remaining_slop:
                return None
            remaining_slop -= run[next_index][0] - end - 1
            end = run[next_index][1]
        return end

    def required_keys(self, frequency: KeyFrequency) -> tuple[RequiredKeys, ...]:
        keys = (IndexKey("stem" if word.is_stem else "word", word.word, self.key_scope) for word in self.words)
        return tuple(frozenset((key,)) for key in keys)


def glued_runs(words: tuple[PhraseWord, ...]) -> list[list[PhraseWord]]:
    """Group the words of a phrase into runs of glued words."""
    result: list[list[PhraseWord]] = []
    for word in words:
        if word.is_glued:
            result[-1].append(word)
        else:
            result.append([word])
    return result


def glued_spans(run: list[PhraseWord], index: SegmentIndex, segments: Sequence[int]) -> list[tuple[int, int]]:
    """Return the (first, last) positions at which all words of a run touch each other."""
    later_positions = [frozenset(word.positions(index, segments)) for word in run[1:]]
    return [
        (position, position + len(later_positions))
        for position in run[0].positions(index, segments)
        if all(
            position + 1 + offset in positions and index.touches_next(position + offset)
            for offset, positions in enumerate(later_positions)
        )
    ]


@dataclass(frozen=True, slots=True)
class AnyText(Term):
    """`*`: every text that has a word. Its spans cover whole segments."""

    def find(self, index: SegmentIndex, segments: Sequence[int]) -> TermSpans:
        return [
            (segment << SEGMENT_SHIFT, segment << SEGMENT_SHIFT | len(index.words_by_segment[segment]) - 1, self.text)
            for segment in segments
            if index.words_by_segment[segment]
        ]

    def required_keys(self, frequency: KeyFrequency) -> tuple[RequiredKeys, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class FuzzyTerm(Term):
    """A word within some edits: `kursk~1` matches "Kurks"."""

    word: str = ""
    max_edits: int = 1

    def find(self, index: SegmentIndex, segments: Sequence[int]) -> TermSpans:
        return [
            (position, position, self.text) for position in index.fuzzy_positions(self.word, self.max_edits, segments)
        ]

    def required_keys(self, frequency: KeyFrequency) -> tuple[RequiredKeys, ...]:
        return (frozenset((IndexKey("alike", self.word, self.key_scope, self.max_edits),)),)


@dataclass(frozen=True, slots=True)
class RegexTerm(Term):
    """An RE2 regex that must match whole words; `pattern` is what RE2 compiles."""

    pattern: str = ""

    def find(self, index: SegmentIndex, segments: Sequence[int]) -> TermSpans:
        """Return the words that each match spans; matches without a letter or digit are skipped."""
        bare_pattern, candidates = index.regex_candidates(self.pattern, self._find_candidates)
        return [
            span
            for segment in segments
            if segment in candidates
            for span in self._spans_in_segment(segment, index, bare_pattern)
        ]

    def _find_candidates(self, index: SegmentIndex) -> RegexCandidates:
        """Return the segments in which it may match; one search over all segments can save many."""
        all_segments = RegexCandidates(None, range(len(index.texts)))
        if REGEX_ANCHOR.search(self.pattern):
            return all_segments
        bounded = word_boundaries.word_bounded(self.pattern, index.joined_folded_text)
        return all_segments if bounded.search(index.joined_folded_text) else RegexCandidates(None, ())

    def _spans_in_segment(
        self, segment: int, index: SegmentIndex, bare_pattern: re2._Regexp | None
    ) -> Iterable[TermSpan]:
        first_position = segment << SEGMENT_SHIFT
        for start, end in word_boundaries.bounded_spans(self.pattern, index.folded_texts[segment], bare_pattern):
            letter_offsets = index.letter_offsets(segment)
            word_range = overlapping_words(index.word_offsets(segment), letter_offsets[start], letter_offsets[end])
            if word_range:
                yield first_position + word_range[0], first_position + word_range[-1], self.text

    def required_keys(self, frequency: KeyFrequency) -> tuple[RequiredKeys, ...]:
        return (frozenset((IndexKey("regex", self.pattern, self.key_scope),)),)


def matches_all_news(node: Node) -> bool:
    """Return whether a query matches every text that has none of its excluded terms."""
    if isinstance(node, And):
        return all(isinstance(child, Not) or matches_all_news(child) for child in node.nodes)
    return isinstance(node, AnyText) or (isinstance(node, Or) and any(map(matches_all_news, node.nodes)))
