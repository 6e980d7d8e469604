"""Finds the queries that could hold for a text without evaluating the others.

Each way for a query to hold is filed under the keys of its rarest need, so a text finds it by looking up its own
words; a way whose other needs the text does not meet is left out too. Queries that need no certain word (regexes,
edits) are always candidates.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from monitor.ruleset.leaves import Words
from monitor.ruleset.query import Need, Node, Query, alternatives, length_weight

NOTHING = ""  # a key that every text has
HEAD = 2  # letters that every stem has
MOST_KNOWN = 100_000  # words whose stems are kept


class Shortlist:
    """The index over some queries, which it names by their place in the sequence."""

    __slots__ = ("always", "filed", "known", "stem_lengths", "stems")

    def __init__(self, queries: Sequence[Query]) -> None:
        used = Counter(word for query in queries for word in words_of(query.root))

        def weigh(key: str) -> float:
            return length_weight(key) * (1 + used[key.rpartition(":")[2].rstrip("*")])

        self.always: set[int] = set()
        self.filed: dict[str, list[tuple[str, int, tuple[Need, ...]]]] = defaultdict(list)
        keys: set[str] = set()
        for at, query in enumerate(queries):
            for way in alternatives(query.root, weigh):
                rarest, *others = sorted(way, key=lambda need: sum(map(weigh, need))) or [Need()]
                second = next((key for need in others if len(need) == 1 for key in need), NOTHING)
                rest = tuple(need for need in others if second not in need)
                for key in rarest:
                    self.filed[key].append((second, at, rest))
                keys.update(rarest, *others)
                if not way:
                    self.always.add(at)
        self.stems = frozenset(key for key in keys if key.endswith("*"))
        lengths: dict[str, set[int]] = defaultdict(set)
        for stem in self.stems:
            lengths[head(stem)].add(len(stem) - 1)
        self.known: dict[str, tuple[str, ...]] = {}
        self.stem_lengths = {start: tuple(sorted(found)) for start, found in lengths.items()}

    def candidates(self, words: Iterable[str]) -> list[int]:
        """The queries that could hold for a text, in order; `words` are its folded words, and `title:word` …"""
        present = {NOTHING, *words}
        present.update(*map(self._stems, tuple(present)))
        found = set(self.always)
        for key in self.filed.keys() & present:
            for second, at, others in self.filed[key]:
                if second in present and not any(need.isdisjoint(present) for need in others):
                    found.add(at)
        return sorted(found)

    def _stems(self, word: str) -> tuple[str, ...]:
        """The stems, of those that queries name, with which a word begins; kept, since texts repeat their words."""
        known = self.known.get(word)
        if known is None:
            if len(self.known) >= MOST_KNOWN:
                self.known.clear()
            stems = (f"{word[:length]}*" for length in self.stem_lengths.get(head(word), ()))
            known = self.known[word] = tuple(stem for stem in stems if stem in self.stems)
        return known


def head(key: str) -> str:
    """Its scope and the letters that every stem has."""
    return key[: key.find(":") + 1 + HEAD]


def words_of(node: Node) -> Iterable[str]:
    """Every word and stem that a query names, as often as it does."""
    if isinstance(node, Words):
        yield from (step.word for step in node.steps)
    for part in node.parts():
        yield from words_of(part)
