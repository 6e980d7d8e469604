"""Texts cut into words once, so that every term of every rule is looked up and not searched for.

A position is one number for a word of one text: `segment << SHIFT | index`. Words of different texts are so far
apart that no phrase and no NEAR reaches across.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

from rapidfuzz import process
from rapidfuzz.distance import OSA

from monitor.ruleset.words import flatten, origins, spans, words

SHIFT = 24
Span = tuple[int, int, str]  # first and last position, and the term that they met
Spans = list[Span]


class Reading:
    """Some texts (segments) and where each folded word stands in them.

    Only which words a segment has is worked out beforehand: most texts are asked for few words. `matched` is for who
    tries many regexes at once: the segments in which the source of one matches, of those that match anywhere.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = tuple(texts)
        self.words = [words(text) for text in self.texts]
        self.has = [frozenset(found) for found in self.words]
        self._places: dict[int, list[tuple[int, int]]] = {}
        self._found: dict[str, Spans] = {}
        self._segments: dict[str, frozenset[int]] = {}
        self._origins: dict[int, Sequence[int]] = {}
        self.matched: dict[str, list[int]] = {}

    @cached_property
    def vocabulary(self) -> list[str]:
        """The distinct words, sorted."""
        return sorted(frozenset().union(*self.has))

    def segments_with(self, key: str) -> frozenset[int]:
        """The segments that have a word, or a word that begins with a stem (`troop*`)."""
        if key not in self._segments:
            self._segments[key] = self._segments_of(self._beginning(key[:-1]) if key.endswith("*") else [key])
        return self._segments[key]

    def _segments_of(self, wanted: Sequence[str]) -> frozenset[int]:
        return frozenset(at for word in wanted for at, has in enumerate(self.has) if word in has)

    def of_word(self, word: str) -> Sequence[int]:
        """Where a folded word stands, in order."""
        return [
            segment << SHIFT | at
            for segment in sorted(self.segments_with(word))
            for at, found in enumerate(self.words[segment])
            if found == word
        ]

    def of_stem(self, stem: str) -> Sequence[int]:
        """Where words that begin with `stem` stand, in order."""
        return sorted(position for word in self._beginning(stem) for position in self.of_word(word))

    def _beginning(self, stem: str) -> list[str]:
        vocabulary = self.vocabulary
        last = first = bisect_left(vocabulary, stem)
        while last < len(vocabulary) and vocabulary[last].startswith(stem):
            last += 1
        return vocabulary[first:last]

    def of_alike(self, word: str, edits: int) -> Sequence[int]:
        """Where words at most `edits` letters away stand, in order; two swapped letters are one edit."""
        alike = process.extract(word, self.vocabulary, scorer=OSA.distance, score_cutoff=edits, limit=None)
        return sorted(position for found, *_ in alike for position in self.of_word(found))

    def remember(self, term: str, find: Callable[[Reading], Spans]) -> Spans:
        """What `find` finds of a term, worked out once however many rules hold the term."""
        if term not in self._found:
            self._found[term] = find(self)
        return self._found[term]

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
