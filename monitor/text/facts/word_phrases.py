"""Finds fixed phrases of a lexicon among the words of a text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

PhraseTable = Mapping[str, Sequence[tuple[str, ...]]]  # folded words of phrases, by their first word


class FoundPhrase(NamedTuple):
    """The folded words of a phrase at words [first, end) of a text."""

    words: tuple[str, ...]
    first: int
    end: int


def phrase_table(phrases: Iterable[str]) -> PhraseTable:
    table: dict[str, list[tuple[str, ...]]] = {}
    for phrase in phrases:
        words = tuple(phrase.split())
        table.setdefault(words[0], []).append(words)
    return table


def find_phrases(words: Sequence[str], table: PhraseTable) -> Iterator[FoundPhrase]:
    """Yield every phrase of the table among folded words, in order."""
    for index, word in enumerate(words):
        for phrase in table.get(word, ()):
            if tuple(words[index : index + len(phrase)]) == phrase:
                yield FoundPhrase(phrase, index, index + len(phrase))
