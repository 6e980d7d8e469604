"""Tries many regexes on a text at once: letters that each cannot do without are looked for, then those that are left.

RE2 does both; it gives up when the letters of all are too many, and so they are tried in several lots.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

import re2

from monitor.ruleset import edges
from monitor.ruleset.leaves import ANCHOR

LOT = 2_000


class ManyRegexes:
    """Some sources of regexes; it is false if there are none."""

    __slots__ = ("lots",)

    def __init__(self, sources: Iterable[str]) -> None:
        every = sorted(set(sources))
        self.lots = [lot for at in range(0, len(every), LOT) for lot in compiled(every[at : at + LOT])]

    def __bool__(self) -> bool:
        return bool(self.lots)

    def matching(self, texts: Sequence[str]) -> dict[str, list[int]]:
        """The sources that match, each with the indexes of the texts in which it may."""
        joined = "\n".join(texts)
        starts = list(accumulate((len(text) + 1 for text in texts), initial=0))[:-1]
        found = {}
        for sources, lot in self.lots:
            for at in lot.Match(joined, potential=True) or ():
                if where := list(matched(sources[at], lot.re(at), texts, joined, starts)):
                    found[sources[at]] = where
        return found


def matched(
    source: str, pattern: re2._Regexp, texts: Sequence[str], joined: str, starts: Sequence[int]
) -> Iterator[int]:
    """The indexes of the texts in which a pattern may match; one that goes on into the next text counts too."""
    if ANCHOR.search(source):
        yield from (number for number, text in enumerate(texts) if pattern.search(text))
        return
    number = 0
    while number < len(texts) and (found := pattern.search(joined, starts[number])):
        number = bisect_right(starts, found.start()) - 1
        yield number
        number += 1


def compiled(sources: Sequence[str]) -> Iterator[tuple[Sequence[str], re2.Filter]]:
    """The sources in as many lots as RE2 needs."""
    filtered = re2.Filter()
    for source in sources:
        filtered.Add(source, edges.options())
    try:
        filtered.Compile()
        yield sources, filtered
    except re2.error:
        middle = len(sources) // 2
        yield from compiled(sources[:middle])
        yield from compiled(sources[middle:])
