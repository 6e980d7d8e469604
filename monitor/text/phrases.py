"""Finds words and phrases that mean one thing: any name of a country, or an alias of the `same:` table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from monitor.text.facts.tokens import US_SPELLINGS, Token, Word, tokenize
from monitor.text.lexicon.countries import COUNTRIES

WORD_CACHE_SIZE = 8_192  # words whose phrases are cached; most words begin none

KeyedPhrase = tuple[tuple[str, ...], str]  # the words of a phrase, and its key


class Phrases:
    """Phrases indexed by their first word. A word that ends in * matches every word with that stem;
    `exact_spellings` match in that spelling only.
    """

    def __init__(self, groups: Mapping[str, Iterable[str]], exact_spellings: Mapping[str, str] | None = None) -> None:
        self.exact_spellings = exact_spellings or {}
        self.by_first_word: dict[str, list[KeyedPhrase]] = {}
        self.by_first_stem: dict[str, list[KeyedPhrase]] = {}
        for key, phrases in groups.items():
            for phrase in phrases:
                self._add(key, phrase_words(phrase))
        for keyed_phrases in (*self.by_first_word.values(), *self.by_first_stem.values()):
            keyed_phrases.sort(key=lambda keyed_phrase: -len(keyed_phrase[0]))
        self.stem_lengths = sorted({len(stem) for stem in self.by_first_stem})
        self.starting_with = lru_cache(WORD_CACHE_SIZE)(self._find_starting_with)

    def _add(self, key: str, words: tuple[str, ...]) -> None:
        if not words or words[0] == "*":
            return
        if words[0].endswith("*"):
            self.by_first_stem.setdefault(words[0][:-1], []).append((words, key))
        else:
            self.by_first_word.setdefault(words[0], []).append((words, key))

    def find(self, tokens: Sequence[Token], used_indexes: set[int]) -> dict[int, tuple[str, int]]:
        """Map the first index of each phrase outside `used_indexes` to (its key, the index after it)."""
        matches: dict[int, tuple[str, int]] = {}
        end = 0
        for index, token in enumerate(tokens):
            keyed_phrases = self.starting_with(token.word)
            if not keyed_phrases or index < end or index in used_indexes:
                continue
            match = _first_match(keyed_phrases, tokens, index)
            if match:
                matches[index] = match
                end = match[1]
        return matches

    def _find_starting_with(self, word: Word) -> tuple[KeyedPhrase, ...]:
        """Return the phrases that `word` may begin, in the order in which to try them."""
        keyed_phrases = [*self.by_first_word.get(word.folded, ())]
        for length in self.stem_lengths:
            keyed_phrases += self.by_first_stem.get(word.folded[:length], ()) if len(word.folded) >= length else ()
        if word.text in self.exact_spellings:
            keyed_phrases.append(((word.folded,), self.exact_spellings[word.text]))
        return tuple(keyed_phrases)


def phrase_words(phrase: str) -> tuple[str, ...]:
    """Return the folded words of a phrase; a trailing * stays on its word."""
    words: list[str] = []
    for token in tokenize(phrase):
        if token.word.text == "*" and words:
            words[-1] += "*"
        elif token.word.folded:
            words.append(token.word.folded)
    return tuple(words)


def _first_match(keyed_phrases: Iterable[KeyedPhrase], tokens: Sequence[Token], index: int) -> tuple[str, int] | None:
    """Return the key of the first phrase at `index`, whose first word matched, and the index after it."""
    for words, key in keyed_phrases:
        last = index + len(words)
        if last <= len(tokens) and all(
            _word_matches(pattern, tokens[position].word.folded)
            for pattern, position in zip(words[1:], range(index + 1, last), strict=True)
        ):
            return key, last
    return None


def _word_matches(pattern: str, folded: str) -> bool:
    return folded.startswith(pattern[:-1]) if pattern.endswith("*") else folded == pattern


COUNTRY_PHRASES = Phrases(
    {f"@{name}": names for name, names in COUNTRIES.items()},
    exact_spellings=dict.fromkeys(US_SPELLINGS, "@united states"),
)
COUNTRY_KEY_BY_PHRASE = {phrase_words(phrase): f"@{name}" for name, names in COUNTRIES.items() for phrase in names}


def synonym_phrases(groups: tuple[tuple[str, tuple[str, ...]], ...]) -> Phrases:
    """Return the phrases of a `same:` table. A group that names a country gets that country's key."""
    return Phrases({_group_key(name, phrases): phrases for name, phrases in groups})


def _group_key(name: str, phrases: Sequence[str]) -> str:
    bare_phrases = (tuple(word.rstrip("*") for word in phrase_words(phrase)) for phrase in phrases)
    return next(
        (COUNTRY_KEY_BY_PHRASE[words] for words in bare_phrases if words in COUNTRY_KEY_BY_PHRASE),
        f"@{name.casefold()}",
    )
