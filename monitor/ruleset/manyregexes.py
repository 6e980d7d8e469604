"""Tries many regexes on a text at once: letters that each cannot do without are looked for, then those that are left.

RE2 does both; it gives up when the letters of all are too many, and so they are tried in several lots. Regexes that
ask where they stand in their text (`^`, `$`) have lots of their own, since the texts are tried as one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

import re2

from monitor.ruleset import edges
from monitor.ruleset.leaves import ANCHOR
from monitor.ruleset.reading import Tried

MOST = 2_000


class Lot(NamedTuple):
    """Some sources, compiled together. `anchored`: each text must be tried by itself."""

    sources: Sequence[str]
    tried: re2.Filter
    anchored: bool


class ManyRegexes:
    """Some `sources` of regexes; it is false if there are none."""

    __slots__ = ("lots", "sources")

    def __init__(self, sources: Iterable[str]) -> None:
        self.sources = frozenset(sources)
        every = sorted(self.sources)
        self.lots = [
            Lot(some, tried, anchored)
            for anchored in (False, True)
            for some, tried in compiled([source for source in every if bool(ANCHOR.search(source)) is anchored])
        ]

    def __bool__(self) -> bool:
        return bool(self.lots)

    def matching(self, texts: Sequence[str]) -> dict[str, Tried]:
        """The sources that match, each with its pattern and the indexes of the texts in which it may."""
        encoded = [text.encode() for text in texts]
        joined = b"\n".join(encoded)
        starts = list(accumulate((len(text) + 1 for text in encoded), initial=0))
        found = {}
        for sources, tried, anchored in self.lots:
            for at in tried.Match(joined, potential=anchored) or ():
                bare = tried.re(at)
                where = alone(bare, texts) if anchored else together(bare, joined, starts)
                if where:
                    found[sources[at]] = Tried(bare, where)
        return found


def alone(bare: re2._Regexp, texts: Sequence[str]) -> list[int]:
    """The indexes of the texts in which a pattern matches."""
    return [number for number, text in enumerate(texts) if bare.search(text)]


def together(bare: re2._Regexp, joined: bytes, starts: Sequence[int]) -> list[int]:
    """The indexes of the texts in which a pattern may match; one that goes on into the next text counts too."""
    found, at = [], 0
    while at < len(joined) and (match := bare.search(joined, at)):
        found.append(bisect_right(starts, match.start()) - 1)
        at = starts[found[-1] + 1]
    return found


def compiled(sources: Sequence[str]) -> Iterator[tuple[Sequence[str], re2.Filter]]:
    """The sources in as many lots as RE2 needs."""
    if not sources:
        return
    tried = re2.Filter()
    for source in sources[:MOST]:
        tried.Add(source, edges.options())
    try:
        tried.Compile()
        yield sources[:MOST], tried
        yield from compiled(sources[MOST:])
    except re2.error:
        middle = min(MOST, len(sources)) // 2
        yield from compiled(sources[:middle])
        yield from compiled(sources[middle:])
