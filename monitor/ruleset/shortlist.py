"""Finds the queries that could hold for a text without evaluating the others.

Each query is filed under words of which one must stand in any text it holds for, the rarest that it has; a text
then looks up its own words. Queries that need no certain word (regexes, edits) are always candidates.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from monitor.ruleset.leaves import Words
from monitor.ruleset.query import Node, Query, length_weight

HEAD = 2  # letters that every stem has


class Shortlist:
    """The index over some queries, which it names by their place in the sequence."""

    __slots__ = ("always", "by_stem", "by_word", "stem_lengths")

    def __init__(self, queries: Sequence[Query]) -> None:
        used = Counter(word for query in queries for word in words_of(query.root))
        self.always: list[int] = []
        self.by_word: dict[str, list[int]] = defaultdict(list)
        self.by_stem: dict[str, list[int]] = defaultdict(list)
        lengths: dict[str, set[int]] = defaultdict(set)
        for at, query in enumerate(queries):
            cover = query.root.cover(lambda key: length_weight(key) * (1 + used[key.word]))
            if cover is None:
                self.always.append(at)
            for key in cover or ():
                (self.by_stem if key.stem else self.by_word)[key.word].append(at)
                if key.stem:
                    lengths[key.word[:HEAD]].add(len(key.word))
        self.stem_lengths = {head: tuple(sorted(found)) for head, found in lengths.items()}

    def candidates(self, words: Mapping[str, object]) -> list[int]:
        """The queries that could hold for a text with these folded words, in order."""
        found = set(self.always)
        for word in self.by_word.keys() & words.keys():
            found.update(self.by_word[word])
        for stem in self._stems(words):
            found.update(self.by_stem[stem])
        return sorted(found)

    def _stems(self, words: Iterable[str]) -> Iterable[str]:
        for word in words:
            for length in self.stem_lengths.get(word[:HEAD], ()):
                if (stem := word[:length]) in self.by_stem:
                    yield stem


def words_of(node: Node) -> Iterable[str]:
    """Every word and stem that a query names, as often as it does."""
    if isinstance(node, Words):
        yield from (step.word for step in node.steps)
    for part in node.parts():
        yield from words_of(part)
