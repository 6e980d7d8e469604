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

from monitor.ruleset.words import flatten, spans, words

SHIFT = 24
Span = tuple[int, int, str]  # first and last position, and the term that they met
Spans = list[Span]


class Reading:
    """Some texts (segments) and where each folded word stands in them."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = tuple(texts)
        self.positions: dict[str, list[int]] = {}
        for segment, text in enumerate(self.texts):
            for position, word in enumerate(words(text), segment << SHIFT):
                if word in self.positions:
                    self.positions[word].append(position)
                else:
                    self.positions[word] = [position]
        self._places: dict[int, list[tuple[int, int]]] = {}
        self._found: dict[str, Spans] = {}
        self._segments: dict[str, frozenset[int]] = {}

    @cached_property
    def vocabulary(self) -> list[str]:
        """The distinct words, sorted."""
        return sorted(self.positions)

    def of_word(self, word: str) -> Sequence[int]:
        """Where a folded word stands, in order."""
        return self.positions.get(word, ())

    def of_stem(self, stem: str) -> Sequence[int]:
        """Where words that begin with `stem` stand, in order."""
        vocabulary = self.vocabulary
        at = bisect_left(vocabulary, stem)
        found: list[int] = []
        while at < len(vocabulary) and vocabulary[at].startswith(stem):
            found += self.positions[vocabulary[at]]
            at += 1
        return sorted(found)

    def of_alike(self, word: str, edits: int) -> Sequence[int]:
        """Where words at most `edits` letters away stand, in order; two swapped letters are one edit."""
        alike = process.extract(word, self.vocabulary, scorer=OSA.distance, score_cutoff=edits, limit=None)
        return sorted(position for found, *_ in alike for position in self.positions[found])

    def remember(self, term: str, find: Callable[[Reading], Spans]) -> Spans:
        """What `find` finds of a term, worked out once however many rules hold the term."""
        if term not in self._found:
            self._found[term] = find(self)
        return self._found[term]

    def segments_with(self, key: str) -> frozenset[int]:
        """The segments that have a word, or a word that begins with a stem (`troop*`)."""
        if key not in self._segments:
            stands = self.of_stem(key[:-1]) if key.endswith("*") else self.of_word(key)
            self._segments[key] = frozenset(position >> SHIFT for position in stands)
        return self._segments[key]

    @cached_property
    def flat(self) -> list[tuple[str, list[int]]]:
        """Each text folded letter by letter, for regexes; see `flatten`."""
        return [flatten(text) for text in self.texts]

    @cached_property
    def flat_text(self) -> str:
        """All of `flat` as one text, a line each."""
        return "\n".join(flat for flat, _ in self.flat)

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
