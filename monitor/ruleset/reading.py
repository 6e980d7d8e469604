"""Texts cut into words once, so that every term of every rule is looked up and not searched for.

A position is one number for a word of one text: `segment << SHIFT | index`. Words of different texts are so far
apart that no phrase and no NEAR reaches across.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

import re2
from rapidfuzz import process
from rapidfuzz.distance import OSA

from monitor.ruleset.words import flatten, origins, spans, words

SHIFT = 24
Span = tuple[int, int, str]  # first and last position, and the term that they met
Spans = list[Span]


class Tried(NamedTuple):
    """A regex that was tried on all segments at once: its pattern, and the segments in which that may match."""

    pattern: re2._Regexp | None
    segments: Sequence[int]


class Reading:
    """Some texts (segments) and where each folded word stands in them.

    Every look-up names the segments it is about, in order: most rules are asked about one claim, and the others need
    not be searched.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = tuple(texts)
        self.words = [words(text) for text in self.texts]
        self.everywhere = frozenset(range(len(self.texts)))
        self._tried: dict[str, Tried] = {}
        self._asked: list[Container[str]] = []
        self._places: dict[int, list[tuple[int, int]]] = {}
        self._found: dict[tuple[str, frozenset[int]], Spans] = {}
        self._origins: dict[int, Sequence[int]] = {}

    def of_word(self, word: str, segments: Sequence[int]) -> list[int]:
        """Where a folded word stands, in order."""
        return [
            segment << SHIFT | at
            for segment in segments
            if word in self.words[segment]
            for at, found in enumerate(self.words[segment])
            if found == word
        ]

    def of_stem(self, stem: str, segments: Sequence[int]) -> list[int]:
        """Where words that begin with `stem` stand, in order."""
        return [
            segment << SHIFT | at
            for segment in segments
            for at, found in enumerate(self.words[segment])
            if found.startswith(stem)
        ]

    def of_alike(self, word: str, edits: int, segments: Sequence[int]) -> list[int]:
        """Where words at most `edits` letters away stand, in order; two swapped letters are one edit."""
        said = list({found for segment in segments for found in self.words[segment]})
        alike = process.extract(word, said, scorer=OSA.distance, score_cutoff=edits, limit=None)
        return sorted(position for found, *_ in alike for position in self.of_word(found, segments))

    def remember(self, term: str, segments: frozenset[int], find: Callable[[Reading, Sequence[int]], Spans]) -> Spans:
        """What `find` finds of a term in some segments, worked out once however many rules hold the term."""
        key = term, segments
        if key not in self._found:
            self._found[key] = find(self, sorted(segments))
        return self._found[key]

    def tell(self, asked: Container[str], found: Mapping[str, Tried]) -> None:
        """Of all regexes that were `asked`, by their sources, only those `found` match anywhere."""
        self._asked.append(asked)
        self._tried.update(found)

    def tried(self, source: str, search: Callable[[Reading], Tried]) -> Tried:
        """Where a regex may match: as was told, else as `search` says."""
        if source not in self._tried:
            told = any(source in asked for asked in self._asked)
            self._tried[source] = Tried(None, ()) if told else search(self)
        return self._tried[source]

    @cached_property
    def flat(self) -> list[str]:
        """Each text folded letter by letter, for regexes; see `flatten`."""
        return [flatten(text) for text in self.texts]

    @cached_property
    def flat_text(self) -> str:
        """All of `flat` as one text, a line each."""
        return "\n".join(self.flat)

    def origin(self, segment: int) -> Sequence[int]:
        """Where in its text each letter of `flat` came from."""
        if segment not in self._origins:
            self._origins[segment] = origins(self.texts[segment])
        return self._origins[segment]

    def places(self, segment: int) -> list[tuple[int, int]]:
        """Where the words of a segment stand in its text: [start, end)."""
        if segment not in self._places:
            self._places[segment] = spans(self.texts[segment])
        return self._places[segment]

    def touches_next(self, position: int) -> bool:
        """Does nothing stand between this word and the one after it? (Both must be of one segment.)"""
        places = self.places(position >> SHIFT)
        at = position & (1 << SHIFT) - 1
        return places[at][1] == places[at + 1][0]

    def place(self, first: int, last: int) -> tuple[int, int, int]:
        """(segment, start, end) of the words from `first` to `last`."""
        segment, mask = first >> SHIFT, (1 << SHIFT) - 1
        places = self.places(segment)
        return segment, places[first & mask][0], places[last & mask][1]


def words_between(places: list[tuple[int, int]], start: int, end: int) -> range:
    """The indexes of the words that stand, wholly or in part, in [start, end)."""
    first = bisect_right(places, start, key=lambda place: place[1])
    last = bisect_right(places, end - 1, key=lambda place: place[0])
    return range(first, last)
