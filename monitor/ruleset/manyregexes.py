"""Tries many regexes on a text at once: letters that each cannot do without are looked for, then those that are left.

RE2 does both; it gives up when the letters of all are too many, and so they are tried in several lots.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import re2

from monitor.ruleset import edges

LOT = 2_000


class ManyRegexes:
    """Some sources of regexes; it is false if there are none."""

    __slots__ = ("lots",)

    def __init__(self, sources: Iterable[str]) -> None:
        every = sorted(set(sources))
        self.lots = [lot for at in range(0, len(every), LOT) for lot in compiled(every[at : at + LOT])]

    def __bool__(self) -> bool:
        return bool(self.lots)

    def matching(self, text: str) -> list[str]:
        """The sources that match in the text."""
        return [sources[at] for sources, lot in self.lots for at in lot.Match(text) or ()]


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
