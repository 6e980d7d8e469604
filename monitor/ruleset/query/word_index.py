"""What a word of a text says to an index of rules: which of the words, stems and near words that queries need it is.

What is found out of a word is kept, since texts repeat their words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

from rapidfuzz.distance import OSA

from monitor.ruleset.query.figures import may_be_number
from monitor.ruleset.query.nodes import IndexKey

STEM_PREFIX_CHARS = 2  # letters that every stem has
MAX_CACHED_WORDS = 50_000  # words of which it is kept what they say
EXTRA_PREFIX_CHARS = 3  # letters beyond the edits that the beginnings of near words are compared by


class WordIndex(dict[str, tuple[int, ...]]):
    """The numbers of the keys that each folded word meets; `keys` are those of one scope."""

    def __init__(self, key_numbers: Mapping[IndexKey, int]) -> None:
        super().__init__()
        self.number_by_word = {key.text: number for key, number in key_numbers.items() if key.kind == "word"}
        self.number_by_stem = {key.text: number for key, number in key_numbers.items() if key.kind == "stem"}
        self.edit_distance_index = EditDistanceIndex(
            (key, number) for key, number in key_numbers.items() if key.kind == "alike"
        )
        self.figure_key_numbers = [number for key, number in key_numbers.items() if key.kind == "number"]
        lengths_by_prefix: dict[str, set[int]] = defaultdict(set)
        for stem in self.number_by_stem:
            lengths_by_prefix[stem[:STEM_PREFIX_CHARS]].add(len(stem))
        self.stem_lengths = {prefix: tuple(sorted(lengths)) for prefix, lengths in lengths_by_prefix.items()}

    def __missing__(self, word: str) -> tuple[int, ...]:
        if len(self) >= MAX_CACHED_WORDS:
            self.clear()
        self[word] = numbers = tuple(self._matching_keys(word))
        return numbers

    def _matching_keys(self, word: str) -> Iterator[int]:
        if word in self.number_by_word:
            yield self.number_by_word[word]
        for length in self.stem_lengths.get(word[:STEM_PREFIX_CHARS], ()):
            if word[:length] in self.number_by_stem:
                yield self.number_by_stem[word[:length]]
        yield from self.edit_distance_index.matching_keys(word)
        if self.figure_key_numbers and may_be_number(word):
            yield from self.figure_key_numbers


class EditDistanceIndex:
    """Finds the words within some edits of another without comparing them all.

    Two words at most n edits apart, a swap counting one, become equal when at most n letters are left out of each;
    and so do their first letters, which is what is looked up.
    """

    def __init__(self, numbered_keys: Iterable[tuple[IndexKey, int]]) -> None:
        self.words_by_variant: dict[int, dict[str, list[tuple[str, int]]]] = defaultdict(lambda: defaultdict(list))
        for key, number in numbered_keys:
            for variant in deletion_variants(key.text, key.max_edits):
                self.words_by_variant[key.max_edits][variant].append((key.text, number))

    def matching_keys(self, word: str) -> set[int]:
        """The numbers of the keys that `word` is near enough to."""
        return {
            number
            for edits, variants in self.words_by_variant.items()
            for variant in deletion_variants(word, edits)
            for candidate, number in variants.get(variant, ())
            if OSA.distance(candidate, word, score_cutoff=edits) <= edits
        }


def deletion_variants(word: str, max_edits: int) -> set[str]:
    """The first letters of a word with up to `edits` of them left out."""
    prefix = word[: max_edits + EXTRA_PREFIX_CHARS]
    return {
        "".join(letters)
        for dropped in range(max_edits + 1)
        for letters in combinations(prefix, max(0, len(prefix) - dropped))
    }
