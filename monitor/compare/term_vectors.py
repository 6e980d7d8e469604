"""Term vectors: what an update is about, as weighted words of its headline and first sentences.

Words are the terms of comparison, so synonyms match; groups of four letters are added, so derived and misspelled
forms match. Rare terms weigh most; the ledger counts how rare they are. A story's vector is the sum of its updates'
vectors, decaying with time, so that common terms outweigh the details of one update.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from math import log, sqrt
from typing import NamedTuple, Protocol
from zlib import crc32

from monitor.model import ChangeKind, Claim
from monitor.text.analysis import ClaimAnalysis, ContentTerm, Synonyms, analyze
from monitor.text.normalize import hash64
from monitor.units import DAY

MAX_LEAD_CLAIMS = 8  # claims that determine what an update is about: the title and the first ones
NAMES = 2  # weight factor of a name; countries occur in too many updates to weigh more than other words
GROUP = 4  # letters in a group
HASH_BUCKETS = 2**14  # numbers for groups of letters; collisions of rare groups hardly matter
BUCKETS = tuple(range(HASH_BUCKETS))  # equal numbers are one object, because thousands are cached
LETTERS = 0.45  # share of the weight on groups of letters; the rest is on words
START = 20  # added to the number of updates: the first few say little about how rare a term is
STORY_HALF_LIFE_S = 3 * DAY  # seconds after which an update's weight in its story's vector is halved
MAX_VECTOR_TERMS = 400  # terms of a story's vector: the heaviest
WORDS_KEPT = 8_192  # words whose groups of letters are cached
WORD = re.compile(r"\w+")
NAME = ChangeKind.NAME  # looking up an enum member costs as much as the rest of the work for one word

TermVector = dict[int, float]  # weights of words by their hash, and of groups of letters by their number


class DocumentFrequency(NamedTuple):
    """The number of texts counted, and the number of them that have each term, 0 for unknown ones."""

    total: int
    by_term: Counter[int] | array[int]


class DocumentFrequencies(Protocol):
    """The ledger's counts of how common terms are."""

    def document_frequencies(self, words: Collection[int]) -> tuple[DocumentFrequency, DocumentFrequency]:
        """Return the frequencies of words, in stories, and of all groups of letters, in updates."""


def term_vector(claims: Sequence[Claim], frequencies: DocumentFrequencies, synonyms: Synonyms) -> TermVector:
    """Return the update's terms with their weights, of length 1; empty if it has only noise."""
    return term_vectors([claims], frequencies, synonyms)[0]


def term_vectors(
    updates: Sequence[Sequence[Claim]], frequencies: DocumentFrequencies, synonyms: Synonyms
) -> list[TermVector]:
    """Return the term vectors of several updates, which are given by their claims."""
    counts = []
    for claims in updates:
        leads = [analyze(claim.text, synonyms) for claim in [c for c in claims if c.noise is None][:MAX_LEAD_CLAIMS]]
        counts.append((word_counts(leads), ngram_counts(leads)))
    all_words = {word for words, _ in counts for word in words}
    of_words, of_ngrams = frequencies.document_frequencies(all_words)
    return [
        {**weighted(words, 1 - LETTERS, of_words), **weighted(ngrams, LETTERS, of_ngrams)} for words, ngrams in counts
    ]


def word_counts(analyses: Sequence[ClaimAnalysis]) -> Counter[int]:
    """Count the words, with names weighted more, and the figures."""
    counts: Counter[int] = Counter()
    for analysis in analyses:
        for term in analysis.terms.values():
            if not is_generic(term):
                counts[hash64(term.key)] += NAMES if term.kind is NAME else 1
        counts.update([hash64(f"#{quantity.low:g}") for quantity in analysis.numbers])
    return counts


def ngram_counts(analyses: Sequence[ClaimAnalysis]) -> Counter[int]:
    """Count the groups of letters in words, whose edges count as letters, and the generic terms."""
    words = WORD.findall("\n".join([analysis.text for analysis in analyses]).casefold())
    counts = Counter(chain.from_iterable(map(char_ngrams, words)))
    for analysis in analyses:
        counts.update([hash_bucket(term.key) for term in analysis.terms.values() if is_generic(term)])
    return counts


def is_generic(term: ContentTerm) -> bool:
    """Whether the term is from the synonym list. Such words ("dead", "killed") occur in news of any kind, so they add
    weight like groups of letters, but no story is looked up by them."""
    return term.key.startswith("=")


@lru_cache(maxsize=WORDS_KEPT)
def char_ngrams(word: str) -> tuple[int, ...]:
    """Return the bucket numbers of a word's groups of letters."""
    edged = f" {word} "
    places = range(max(1, len(edged) - GROUP + 1))
    if edged.isascii():
        letters = edged.encode()
        return tuple([BUCKETS[crc32(letters[at : at + GROUP]) % HASH_BUCKETS] for at in places])
    return tuple([BUCKETS[hash_bucket(edged[at : at + GROUP])] for at in places])


def hash_bucket(group: str) -> int:
    return crc32(group.encode("utf-8", "replace")) % HASH_BUCKETS


def weighted(counts: Mapping[int, int], share: float, frequency: DocumentFrequency) -> TermVector:
    """Return weights of the terms whose squares sum to `share`."""
    count_by_term, all_texts = frequency.by_term, frequency.total + START
    document_counts = [count_by_term[term] for term in counts]
    rarity = {
        count: log(all_texts / (count + 1.5)) for count in set(document_counts)
    }  # most terms have one of a few counts
    weights = [
        rarity[count] if times == 1 else (1 + log(times)) * rarity[count]
        for count, times in zip(document_counts, counts.values(), strict=True)
    ]
    length = sqrt(sum([weight * weight for weight in weights])) or 1.0
    factor = sqrt(share) / length
    return {term: weight * factor for term, weight in zip(counts, weights, strict=True)}


def is_word_term(term: int) -> bool:
    """Whether the term is a word. Groups of letters only add weight; no story is looked up by them."""
    return not 0 <= term < HASH_BUCKETS


def merge_decayed(story: Mapping[int, float], vector: Mapping[int, float], seconds: float) -> TermVector:
    """Add an update's vector to a story's, `seconds` after the story's last update."""
    left = 0.5 ** (max(0.0, seconds) / STORY_HALF_LIFE_S)
    summed = {term: weight * left for term, weight in story.items()}
    for term, weight in vector.items():
        summed[term] = summed.get(term, 0.0) + weight
    return heaviest(summed)


def heaviest(vector: Mapping[int, float]) -> TermVector:
    """Return the MAX_VECTOR_TERMS heaviest terms of a vector, by weight."""
    terms = sorted(vector, key=vector.__getitem__, reverse=True)[:MAX_VECTOR_TERMS]  # faster than heapq
    return {term: vector[term] for term in terms}


def cosine(vector: Mapping[int, float], story: Mapping[int, float]) -> float:
    """Return the cosine of an update's vector, of length 1, and a story's: 0 to 1."""
    length = sqrt(sum(weight * weight for weight in story.values()))
    return sum(weight * story[term] for term, weight in vector.items() if term in story) / (length or 1.0)
