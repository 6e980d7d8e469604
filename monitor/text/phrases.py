"""Finds words and phrases that mean one thing: any name of a country, or an alias of the `same:` table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from monitor.text.facts.tokens import US_SPELLINGS, Token, Word, territories_starting_with, tokenize
from monitor.text.lexicon.cldr import names_starting_with, territory_names
from monitor.text.lexicon.countries import COUNTRIES, COUNTRY_NAMES

WORD_CACHE_SIZE = 8_192  # words whose phrases are cached; most words begin none

KATAKANA = "\u30a0", "\u30ff"

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
            if match and _is_part_of_word(tokens, index, match[1]):
                continue
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


def _is_part_of_word(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Whether a word of katakana, which has a token for each letter, continues before or after [start, end)."""
    return _is_katakana_pair(tokens, start - 1) or _is_katakana_pair(tokens, end - 1)


def _is_katakana_pair(tokens: Sequence[Token], index: int) -> bool:
    pair = tokens[max(index, 0) : index + 2]
    return (
        len(pair) == 2
        and index >= 0
        and pair[0].end == pair[1].start
        and all(KATAKANA[0] <= token.word.text[0] <= KATAKANA[1] for token in pair)
    )


class CountryPhrases(Phrases):
    """The names of countries in English, and those of all territories in CLDR."""

    def _find_starting_with(self, word: Word) -> tuple[KeyedPhrase, ...]:
        english = super()._find_starting_with(word)
        names = [((word.folded, *following), code) for following, code in territories_starting_with(word.text)]
        if not names:
            return english
        keyed_phrases = [*english, *((words, country_key(code)) for words, code in names)]
        return tuple(sorted(keyed_phrases, key=lambda keyed_phrase: -len(keyed_phrase[0])))


def country_key(code: str) -> str:
    """Return the term key of a territory: "@ukraine", or "@MT" for one without a line in `countries.py`."""
    return f"@{COUNTRY_NAMES.get(code, code)}"


def is_country_key(key: str) -> bool:
    """Whether a term key is that of a territory. Keys of aliases are in lower case."""
    return key in COUNTRY_KEYS or (key[:1] == "@" and key[1:].isupper())


COUNTRY_KEYS = frozenset(f"@{name}" for name in COUNTRIES)
COUNTRY_PHRASES = CountryPhrases(
    {f"@{name}": names for name, names in COUNTRIES.items()},
    exact_spellings=dict.fromkeys(US_SPELLINGS, "@united states"),
)
COUNTRY_KEY_BY_PHRASE = {phrase_words(phrase): f"@{name}" for name, names in COUNTRIES.items() for phrase in names}


def synonym_phrases(groups: tuple[tuple[str, tuple[str, ...]], ...]) -> Phrases:
    """Return the phrases of a `same:` table. A group that names a country gets that country's key."""
    return Phrases({_group_key(name, phrases): phrases for name, phrases in groups})


def _group_key(name: str, phrases: Sequence[str]) -> str:
    bare_phrases = (tuple(word.rstrip("*") for word in phrase_words(phrase)) for phrase in phrases)
    keys = (COUNTRY_KEY_BY_PHRASE.get(words) or _territory_key(words) for words in bare_phrases)
    return next(filter(None, keys), f"@{name.casefold()}")


def _territory_key(words: tuple[str, ...]) -> str | None:
    """Return the key of the territory with this name in CLDR."""
    names = territory_names(names_starting_with(words[0])) if words else ()
    return next((country_key(code) for following, code in names if following == words[1:]), None)
