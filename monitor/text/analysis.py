"""Analyzes a text once for comparison: its content words, names and stated facts.

Analyses are cached, because one claim is compared with many others. `analyze_quickly` is a cheap prefilter: most
candidates share too few words with a claim to need a full analysis. `index_terms` returns a claim's ledger keys.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from monitor.model import ChangeKind
from monitor.text.facts import cues, dates, names, numbers
from monitor.text.facts.identifiers import LINK, Identifier, blank_identifiers, find_identifiers
from monitor.text.facts.tokens import (
    CALENDAR_START,
    COUNTRY,
    HEDGE,
    NEGATION,
    NUMERAL,
    SCOPE,
    STOPWORD,
    SYMBOL,
    WEAK_WORD_WEIGHT,
    Token,
    Word,
    build_word,
    tokenize,
    tokenize_words,
)
from monitor.text.labels import blank_label
from monitor.text.phrases import COUNTRY_PHRASES, Phrases, is_country_key, synonym_phrases

MAX_ANALYZED_CHARS = 20_000  # far above the length of a claim, which is one sentence
ANALYSIS_CACHE_SIZE = 8_192  # texts
TERM_CACHE_SIZE = 16_384  # content words
MAX_INDEX_TERMS = 32  # per claim
NON_CONTENT_FLAGS = STOPWORD | SYMBOL
# Looking up an enum member costs as much as the rest of the work for one word.
WORDING, PLACE, NAME = ChangeKind.WORDING, ChangeKind.PLACE, ChangeKind.NAME
TERM_KIND_WEIGHTS = {ChangeKind.NAME: 1.5, ChangeKind.PLACE: 0.8}  # countries and regions occur in many claims
FACT_WEIGHT = 1.5
CUE_WEIGHT = 0.6
# Share of the weight of its plain words that a text keeps at least: some of them are part of a fact or a phrase.
MIN_PLAIN_WEIGHT_SHARE = 0.75
IDENTIFIER_PREFIX = "@#"  # of the keys of identifiers' terms; "@" as for all phrases
VOWELS = frozenset("aeiouyаеиіїоуюяєыэё")


@dataclass(frozen=True, slots=True, eq=False)
class Synonyms:
    """Names and the words that mean the same: `(("dprk", ("DPRK", "North Korean*")), …)`; * is any ending.

    Equal tables are the same object, because it is part of the key of cached analyses.
    """

    groups: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @staticmethod
    def from_mapping(mapping: Mapping[str, Sequence[str]]) -> Synonyms:
        """Build from the `same:` table of the aliases file."""
        return _synonyms(tuple(sorted((name, tuple(words)) for name, words in mapping.items())))


@lru_cache(maxsize=16)
def _synonyms(groups: tuple[tuple[str, tuple[str, ...]], ...]) -> Synonyms:
    return Synonyms(groups)


@lru_cache(maxsize=16)
def _phrase_tables(synonyms: Synonyms) -> tuple[Phrases, ...]:
    return (COUNTRY_PHRASES, synonym_phrases(synonyms.groups)) if synonyms.groups else (COUNTRY_PHRASES,)


NO_SYNONYMS = Synonyms.from_mapping({})


class ContentTerm(NamedTuple):
    """One content word, or a phrase with one meaning. Analyses share equal terms."""

    key: str
    kind: ChangeKind  # WORDING, NAME or PLACE
    weight: float
    word: Word


@dataclass(frozen=True, slots=True, eq=False)
class ClaimAnalysis:
    """The content words and identifiers of a text by key, in order, and its facts.

    `spans` is flat: the start and end offset of each term, in the order of `terms`.
    """

    text: str
    terms: Mapping[str, ContentTerm]
    spans: array[int]
    weight: float
    numbers: tuple[numbers.Quantity, ...]
    dates: tuple[dates.Date, ...]
    cues: tuple[cues.Cue, ...]
    identifiers: tuple[Identifier, ...]

    def span(self, term: ContentTerm) -> tuple[int, int]:
        """Return the offsets [start, end) of a term of this text."""
        index = 2 * list(self.terms).index(term.key)
        return self.spans[index], self.spans[index + 1]


class QuickAnalysis(NamedTuple):
    """An estimate of a ClaimAnalysis: a superset of its term keys, and a weight that is rarely too high."""

    terms: Mapping[str, None]
    weight: float


@dataclass(slots=True, eq=False)
class _CacheEntry:
    """The most complete analysis of a text so far."""

    analysis: ClaimAnalysis | None = None
    quick: QuickAnalysis | None = None


@lru_cache(maxsize=ANALYSIS_CACHE_SIZE)
def _cache_entry(text: str, synonyms: Synonyms) -> _CacheEntry:
    return _CacheEntry()


def forget_analyses() -> None:
    """Empty the caches of texts and of words, which hold the memory of a long document together."""
    for cached in (_cache_entry, _shared_term, build_word, _phrase_tables, COUNTRY_PHRASES.starting_with):
        cached.cache_clear()


def analyze(text: str, synonyms: Synonyms = NO_SYNONYMS) -> ClaimAnalysis:
    """Return the analysis of a text, from the cache if it is there."""
    cached = _cache_entry(text, synonyms)
    analysis = cached.analysis
    if analysis is None:
        analysis = cached.analysis = _analyze(text, synonyms)
        cached.quick = None
    return analysis


def analyze_quickly(text: str, synonyms: Synonyms = NO_SYNONYMS) -> ClaimAnalysis | QuickAnalysis:
    """Return the full analysis if it is cached, else an estimate in a third of the time."""
    cached = _cache_entry(text, synonyms)
    if cached.analysis is not None:
        return cached.analysis
    quick = cached.quick = cached.quick or _analyze_quickly(text, synonyms)
    return quick


def _analyze_quickly(text: str, synonyms: Synonyms) -> QuickAnalysis:
    """Collect the keys of all content words, and of all phrases that any word may begin."""
    text = blank_label(text[:MAX_ANALYZED_CHARS])
    identifiers = find_identifiers(text)
    all_words = tokenize_words(blank_identifiers(text, identifiers) if identifiers else text)
    plain_weights = {word.key: word.weight for word in all_words if not word.flags}
    keys = {word.key for word in all_words if not word.flags & NON_CONTENT_FLAGS}
    keys.update(identifier_key(identifier) for identifier in identifiers if identifier.kind != LINK)
    country_words = [word for word in all_words if word.flags & COUNTRY]
    for phrase_table, first_words in zip(_phrase_tables(synonyms), (country_words, all_words), strict=False):
        keys.update(key for _, key in chain.from_iterable(map(phrase_table.starting_with, first_words)))
    return QuickAnalysis(
        dict.fromkeys(keys), MIN_PLAIN_WEIGHT_SHARE * sum(plain_weights.values()) or WEAK_WORD_WEIGHT
    )


def _analyze(text: str, synonyms: Synonyms) -> ClaimAnalysis:
    analyzed = blank_label(text[:MAX_ANALYZED_CHARS])
    tokens = tokenize(analyzed)
    flags = 0
    for token in tokens:
        flags |= token.word.flags
    used_indexes: set[int] = set()
    identifiers = find_identifiers(analyzed)
    phrases = identifier_phrases(tokens, identifiers, used_indexes) if identifiers else {}
    date_facts = dates.find_dates(tokens, used_indexes) if flags & (NUMERAL | CALENDAR_START) else []
    number_facts = numbers.find_quantities(tokens, used_indexes) if flags & NUMERAL else []
    if flags & COUNTRY:
        phrases |= COUNTRY_PHRASES.find(tokens, used_indexes)
    for phrase_table in _phrase_tables(synonyms)[1:]:
        phrases |= phrase_table.find(tokens, used_indexes)
    cue_facts = cues.find_cues(tokens, used_indexes) if flags & (NEGATION | HEDGE | SCOPE) else []
    terms, spans = _collect_terms(tokens, used_indexes, phrases)
    return ClaimAnalysis(
        text=text,
        terms=terms,
        spans=spans,
        weight=sum([term.weight for term in terms.values()])
        + FACT_WEIGHT * (len(number_facts) + len(date_facts))
        + CUE_WEIGHT * len(cue_facts),
        numbers=tuple(number_facts),
        dates=tuple(date_facts),
        cues=tuple(cue_facts),
        identifiers=identifiers,
    )


def identifier_key(identifier: Identifier) -> str:
    """Return the key of an identifier's term."""
    return IDENTIFIER_PREFIX + identifier.key


def identifier_phrases(
    tokens: Sequence[Token], identifiers: Sequence[Identifier], used_indexes: set[int]
) -> dict[int, tuple[str, int]]:
    """Map the first token of each identifier but links to (its key, the index after it); all tokens become used."""
    phrases: dict[int, tuple[str, int]] = {}
    index = 0
    for identifier in identifiers:
        while index < len(tokens) and tokens[index].end <= identifier.start:
            index += 1
        first = index
        while index < len(tokens) and tokens[index].start < identifier.end:
            index += 1
        used_indexes.update(range(first, index))
        if identifier.kind != LINK and index > first:
            phrases[first] = identifier_key(identifier), index
    return phrases


def _collect_terms(
    tokens: Sequence[Token], used_indexes: set[int], phrases: Mapping[int, tuple[str, int]]
) -> tuple[dict[str, ContentTerm], array[int]]:
    """Return the content terms by key, in order and each once, and the flat list of their offsets."""
    name_kinds = names.find_names(tokens)
    terms: dict[str, ContentTerm] = {}
    spans = array("H")
    next_index = 0
    for index, (word, start, end) in enumerate(tokens):
        if index < next_index:
            continue
        key = word.key
        if index in phrases:
            key, next_index = phrases[index]
            end = tokens[next_index - 1].end
        elif word.flags & NON_CONTENT_FLAGS or index in used_indexes:
            continue
        if key not in terms:
            if key.startswith(IDENTIFIER_PREFIX):
                terms[key] = _identifier_term(key, tokens[index:next_index])
            else:
                terms[key] = _shared_term(key, PLACE if is_country_key(key) else name_kinds.get(index, WORDING), word)
            spans.append(start)
            spans.append(end)
    return terms, spans


def _identifier_term(key: str, tokens: Sequence[Token]) -> ContentTerm:
    return _shared_term(key, NAME, build_word("".join(token.word.text for token in tokens)))


@lru_cache(maxsize=TERM_CACHE_SIZE)
def _shared_term(key: str, kind: ChangeKind, word: Word) -> ContentTerm:
    return ContentTerm(key, kind, TERM_KIND_WEIGHTS.get(kind, word.weight), word)


def index_terms(analysis: ClaimAnalysis) -> tuple[str, ...]:
    """Return the terms under which the ledger indexes a claim: figures, names, words; at most MAX_INDEX_TERMS.

    A name is also indexed by its consonants, so that misspelled names match.
    """
    terms: dict[str, None] = {}
    names_first = sorted(analysis.terms.values(), key=lambda term: term.kind is WORDING)
    for quantity in analysis.numbers:
        terms[f"#{quantity.low:g}"] = None
    for term in names_first:
        terms[term.key] = None
        if term.kind is not WORDING and not term.key.startswith("@"):
            terms[consonant_key(term.word.folded)] = None
    return tuple(terms)[:MAX_INDEX_TERMS]


def consonant_key(folded: str) -> str:
    """Return what spellings of one name share: the first letter and the other consonants in alphabetical order."""
    consonants = sorted({letter for letter in folded[1:] if letter not in VOWELS})
    return f"~{folded[:1]}{''.join(consonants)}"
