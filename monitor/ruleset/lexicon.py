"""What a word of a text says to an index of rules: which of the words, stems and near words that queries need it is.

What is found out of a word is kept, since texts repeat their words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

from rapidfuzz.distance import OSA

from monitor.ruleset.figures import may_be_number
from monitor.ruleset.query import Key

HEAD = 2  # letters that every stem has
MOST_KNOWN = 50_000  # words of which it is kept what they say
SPARE = 3  # letters beyond the edits that the beginnings of near words are compared by


class Lexicon(dict[str, tuple[int, ...]]):
    """The numbers of the keys that each folded word meets; `keys` are those of one scope."""

    def __init__(self, keys: Mapping[Key, int]) -> None:
        super().__init__()
        self.plain = {key.text: at for key, at in keys.items() if key.kind == "word"}
        self.stems = {key.text: at for key, at in keys.items() if key.kind == "stem"}
        self.near = NearWords((key, at) for key, at in keys.items() if key.kind == "alike")
        self.numbers = [at for key, at in keys.items() if key.kind == "number"]
        lengths: dict[str, set[int]] = defaultdict(set)
        for stem in self.stems:
            lengths[stem[:HEAD]].add(len(stem))
        self.lengths = {head: tuple(sorted(found)) for head, found in lengths.items()}

    def __missing__(self, word: str) -> tuple[int, ...]:
        if len(self) >= MOST_KNOWN:
            self.clear()
        self[word] = found = tuple(self._met(word))
        return found

    def _met(self, word: str) -> Iterator[int]:
        if word in self.plain:
            yield self.plain[word]
        for length in self.lengths.get(word[:HEAD], ()):
            if word[:length] in self.stems:
                yield self.stems[word[:length]]
        yield from self.near.met(word)
        if self.numbers and may_be_number(word):
            yield from self.numbers


class NearWords:
    """Finds the words within some edits of another without comparing them all.

    Two words at most n edits apart, a swap counting one, become equal when at most n letters are left out of each;
    and so do their first letters, which is what is looked up.
    """

    def __init__(self, keys: Iterable[tuple[Key, int]]) -> None:
        self.filed: dict[int, dict[str, list[tuple[str, int]]]] = defaultdict(lambda: defaultdict(list))
        for key, at in keys:
            for rest in shortened(key.text, key.edits):
                self.filed[key.edits][rest].append((key.text, at))

    def met(self, word: str) -> set[int]:
        """The numbers of the keys that `word` is near enough to."""
        return {
            at
            for edits, filed in self.filed.items()
            for rest in shortened(word, edits)
            for near, at in filed.get(rest, ())
            if OSA.distance(near, word, score_cutoff=edits) <= edits
        }


def shortened(word: str, edits: int) -> set[str]:
    """The first letters of a word with up to `edits` of them left out."""
    head = word[: edits + SPARE]
    return {"".join(left) for out in range(edits + 1) for left in combinations(head, max(0, len(head) - out))}
