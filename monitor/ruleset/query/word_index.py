"""Maps a word of a text to the index keys that it matches: words, stems and fuzzy words of queries.

The result for each word is cached, because texts repeat their words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

from rapidfuzz.distance import OSA

from monitor.ruleset.query.figures import may_be_number
from monitor.ruleset.query.nodes import IndexKey

STEM_PREFIX_CHARS = 2  # every stem has at least this many letters
MAX_CACHED_WORDS = 50_000  # of one index
EXTRA_PREFIX_CHARS = 3  # letters beyond the edits in the prefixes that are compared


class WordIndex(dict[str, tuple[int, ...]]):
    """Maps each folded word to the numbers of the keys that it matches, for the keys of one scope."""

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
    """Finds the keys within some edits of a word without comparing it with all of them.

    Two words at most n edits apart (a swap counts as one) become equal after deleting at most n letters from each;
    so do their prefixes, which are looked up.
    """

    def __init__(self, numbered_keys: Iterable[tuple[IndexKey, int]]) -> None:
        self.words_by_variant: dict[int, dict[str, list[tuple[str, int]]]] = defaultdict(lambda: defaultdict(list))
        for key, number in numbered_keys:
            for variant in deletion_variants(key.text, key.max_edits):
                self.words_by_variant[key.max_edits][variant].append((key.text, number))

    def matching_keys(self, word: str) -> set[int]:
        """Return the numbers of the keys within their edits of `word`."""
        return {
            number
            for edits, variants in self.words_by_variant.items()
            for variant in deletion_variants(word, edits)
            for candidate, number in variants.get(variant, ())
            if OSA.distance(candidate, word, score_cutoff=edits) <= edits
        }


def deletion_variants(word: str, max_edits: int) -> set[str]:
    """Return the prefix of a word with up to `max_edits` letters deleted, in all ways."""
    prefix = word[: max_edits + EXTRA_PREFIX_CHARS]
    return {
        "".join(letters)
        for dropped in range(max_edits + 1)
        for letters in combinations(prefix, max(0, len(prefix) - dropped))
    }
