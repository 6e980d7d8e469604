"""The terms of a query and what each finds in a reading: words, stems, phrases, edits, regexes."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import re2

from monitor.ruleset import edges
from monitor.ruleset.query import Key, Need, Term, Weigh
from monitor.ruleset.reading import SHIFT, Reading, Span, Spans, Tried, words_between

ANCHOR = re.compile(r"[\^$]|\\[AzBb]")  # in a regex: where it stands in its text may matter


@dataclass(frozen=True, slots=True)
class Step:
    """One word of a phrase, or the beginning of one. `glued`: nothing may stand between it and the one before."""

    word: str
    stem: bool = False
    glued: bool = False

    def stands(self, reading: Reading, segments: Sequence[int]) -> list[int]:
        """The positions where it stands, in order."""
        return reading.of_stem(self.word, segments) if self.stem else reading.of_word(self.word, segments)


@dataclass(frozen=True, slots=True)
class Words(Term):
    """A word, a stem, or a phrase with up to `slop` other words in it."""

    steps: tuple[Step, ...] = ()
    slop: int = 0

    def find(self, reading: Reading, segments: Sequence[int]) -> Spans:
        """Each start of the phrase with the nearest end that fits."""
        if len(self.steps) == 1:
            return [(position, position, self.term) for position in self.steps[0].stands(reading, segments)]
        first, *others = [glued_spans(run, reading, segments) for run in runs(self.steps)]
        found = ((start, self._end(end, others)) for start, end in first)
        return [(start, end, self.term) for start, end in found if end is not None]

    def _end(self, end: int, others: list[list[tuple[int, int]]]) -> int | None:
        """Where the phrase ends whose first run ends at `end`; the earliest next word leaves most room."""
        slack = self.slop
        for run in others:
            at = bisect_right(run, (end, 1 << 62))
            if at == len(run) or run[at][0] - end - 1 > slack:
                return None
            slack -= run[at][0] - end - 1
            end = run[at][1]
        return end

    def needs(self, weigh: Weigh) -> tuple[Need, ...]:
        """Each of its words."""
        keys = (Key("stem" if step.stem else "word", step.word, self.place) for step in self.steps)
        return tuple(frozenset((key,)) for key in keys)


def runs(steps: tuple[Step, ...]) -> list[list[Step]]:
    """The steps in runs that are glued together."""
    gathered: list[list[Step]] = []
    for step in steps:
        if step.glued:
            gathered[-1].append(step)
        else:
            gathered.append([step])
    return gathered


def glued_spans(run: list[Step], reading: Reading, segments: Sequence[int]) -> list[tuple[int, int]]:
    """(first, last) position of each place where the steps of a run stand side by side, touching."""
    ahead = [frozenset(step.stands(reading, segments)) for step in run[1:]]
    return [
        (at, at + len(ahead))
        for at in run[0].stands(reading, segments)
        if all(at + 1 + n in stands and reading.touches_next(at + n) for n, stands in enumerate(ahead))
    ]


@dataclass(frozen=True, slots=True)
class Alike(Term):
    """A word within some edits: `kursk~1` meets "Kurks"."""

    word: str = ""
    edits: int = 1

    def find(self, reading: Reading, segments: Sequence[int]) -> Spans:
        """Every word near enough."""
        return [(position, position, self.term) for position in reading.of_alike(self.word, self.edits, segments)]

    def needs(self, weigh: Weigh) -> tuple[Need, ...]:
        """A word near enough."""
        return (frozenset((Key("alike", self.word, self.place, self.edits),)),)


@dataclass(frozen=True, slots=True)
class Regex(Term):
    """An RE2 expression that must span whole words; `source` is what RE2 reads."""

    source: str = ""

    def find(self, reading: Reading, segments: Sequence[int]) -> Spans:
        """The words that each match spans; a match without a letter or digit is none."""
        bare, where = reading.tried(self.source, self._search)
        return [span for at in segments if at in where for span in self._in(at, reading, bare)]

    def _search(self, reading: Reading) -> Tried:
        """The segments where it may stand; one search in all saves many."""
        if not ANCHOR.search(self.source) and not edges.whole(self.source, reading.flat_text).search(
            reading.flat_text
        ):
            return Tried(None, ())
        return Tried(None, range(len(reading.texts)))

    def _in(self, segment: int, reading: Reading, bare: re2._Regexp | None) -> Iterable[Span]:
        base = segment << SHIFT
        for start, end in edges.spans(self.source, reading.flat[segment], bare):
            origin = reading.origin(segment)
            touched = words_between(reading.places(segment), origin[start], origin[end])
            if touched:
                yield base + touched[0], base + touched[-1], self.term

    def needs(self, weigh: Weigh) -> tuple[Need, ...]:
        """A match of its own."""
        return (frozenset((Key("regex", self.source, self.place),)),)
