"""Finds words and phrases that stand for one thing: a country however it is said, or a name of `same:`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from monitor.text.lexicon.countries import COUNTRIES
from monitor.text.tokens import US, Token, Word, tokenise

WORDS_KEPT = 8_192  # of which it is known what phrases begin with them; hardly any does

Way = tuple[tuple[str, ...], str]  # the words of a phrase, and the key that it stands for


class Phrases:
    """Phrases by their first word. A word that ends in * stands for every word that begins so; those in `exact`
    stand for their key only as they are spelt there.
    """

    def __init__(self, groups: Mapping[str, Iterable[str]], exact: Mapping[str, str] | None = None) -> None:
        self.exact = exact or {}
        self.whole: dict[str, list[Way]] = {}
        self.begun: dict[str, list[Way]] = {}
        for key, phrases in groups.items():
            for phrase in phrases:
                self._add(key, folded(phrase))
        for ways in (*self.whole.values(), *self.begun.values()):
            ways.sort(key=lambda way: -len(way[0]))
        self.lengths = sorted({len(stem) for stem in self.begun})
        self.ways = lru_cache(WORDS_KEPT)(self._ways)

    def _add(self, key: str, words: tuple[str, ...]) -> None:
        if not words or words[0] == "*":
            return
        if words[0].endswith("*"):
            self.begun.setdefault(words[0][:-1], []).append((words, key))
        else:
            self.whole.setdefault(words[0], []).append((words, key))

    def find(self, tokens: Sequence[Token], taken: set[int]) -> dict[int, tuple[str, int]]:
        """First index of each phrase among `tokens` outside `taken` -> (its key, the index after it)."""
        found: dict[int, tuple[str, int]] = {}
        end = 0
        for index, token in enumerate(tokens):
            ways = self.ways(token.word)
            if not ways or index < end or index in taken:
                continue
            met = _first_met(ways, tokens, index)
            if met:
                found[index] = met
                end = met[1]
        return found

    def _ways(self, word: Word) -> tuple[Way, ...]:
        """The phrases that `word` may begin, in the order in which they are tried."""
        ways = [*self.whole.get(word.fold, ())]
        for length in self.lengths:
            ways += self.begun.get(word.fold[:length], ()) if len(word.fold) >= length else ()
        if word.text in self.exact:
            ways.append(((word.fold,), self.exact[word.text]))
        return tuple(ways)


def folded(phrase: str) -> tuple[str, ...]:
    """The words of a phrase as tokens fold them, a trailing * kept on its word."""
    words: list[str] = []
    for token in tokenise(phrase):
        if token.word.text == "*" and words:
            words[-1] += "*"
        elif token.word.fold:
            words.append(token.word.fold)
    return tuple(words)


def _first_met(ways: Iterable[Way], tokens: Sequence[Token], index: int) -> tuple[str, int] | None:
    """The key of the first phrase that stands at `index`, where its first word does, and the index after it."""
    for words, key in ways:
        last = index + len(words)
        if last <= len(tokens) and all(
            _meets(pattern, tokens[at].word.fold)
            for pattern, at in zip(words[1:], range(index + 1, last), strict=True)
        ):
            return key, last
    return None


def _meets(pattern: str, fold: str) -> bool:
    return fold.startswith(pattern[:-1]) if pattern.endswith("*") else fold == pattern


PLACES = Phrases({f"@{name}": names for name, names in COUNTRIES.items()}, exact=dict.fromkeys(US, "@united states"))
KNOWN = {folded(phrase): f"@{name}" for name, names in COUNTRIES.items() for phrase in names}


def of_groups(groups: tuple[tuple[str, tuple[str, ...]], ...]) -> Phrases:
    """The phrases of a `same:` table. A group that names a country is that country, so that the two lists meet."""
    return Phrases({_key(name, phrases): phrases for name, phrases in groups})


def _key(name: str, phrases: Sequence[str]) -> str:
    plain = (tuple(word.rstrip("*") for word in folded(phrase)) for phrase in phrases)
    return next((KNOWN[words] for words in plain if words in KNOWN), f"@{name.casefold()}")
