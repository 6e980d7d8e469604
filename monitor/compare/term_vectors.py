"""What an update is about, as weighted words: its headline and first sentences, rare words weighing most.

Words are taken as comparing reads them, so synonyms meet; beside them stand groups of four letters, by which the
derived and misspelt forms of a word meet. How rare a word is the ledger knows. A story's gist is the sum of those of
its updates, fading with time: what they have in common weighs, what each adds does not.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from heapq import nlargest
from math import log, sqrt
from typing import NamedTuple, Protocol
from zlib import crc32

from monitor.model import ChangeKind, Claim
from monitor.text.analysis import ClaimAnalysis, ContentTerm, Synonyms, analyze
from monitor.text.normalize import hash64
from monitor.units import DAY

MAX_LEAD_CLAIMS = 8  # claims that say what an update is about: the title and the first ones
NAMES = 2  # times that a name counts; countries stand in too many updates to count more than words
GROUP = 4  # letters in a group
HASH_BUCKETS = 2**14  # numbers that stand for groups of letters; rare groups that share one hardly matter
LETTERS = 0.45  # of the weight lies on groups of letters, the rest on words
START = 20  # updates that the ledger is taken to know beyond those it has: a first few tell nothing of rarity
STORY_HALF_LIFE_S = 3 * DAY  # seconds after which what was said of a story weighs half as much
MAX_VECTOR_TERMS = 400  # terms of a story's gist, the heaviest
WORDS_KEPT = 8_192  # words whose groups of letters are kept at hand
WORD = re.compile(r"\w+")

TermVector = dict[int, float]  # weights of words by their hash, and of groups of letters by their number


class DocumentFrequency(NamedTuple):
    """How many texts were counted, and how many of them hold each term."""

    total: int
    by_term: Mapping[int, int]


class DocumentFrequencies(Protocol):
    """How common the ledger knows terms to be."""

    def document_frequencies(
        self, words: Collection[int], letters: Collection[int]
    ) -> tuple[DocumentFrequency, DocumentFrequency]:
        """That of words, in how many stories, and that of groups of letters, in how many updates."""


def term_vector(claims: Sequence[Claim], frequencies: DocumentFrequencies, synonyms: Synonyms) -> TermVector:
    """The update's terms with their weights, of length 1; empty if it says nothing."""
    leads = [analyze(claim.text, synonyms) for claim in [c for c in claims if c.noise is None][:MAX_LEAD_CLAIMS]]
    words, letters = word_counts(leads), ngram_counts(leads)
    of_words, of_letters = frequencies.document_frequencies(words.keys(), letters.keys())
    return {**weighted(words, 1 - LETTERS, of_words), **weighted(letters, LETTERS, of_letters)}


def word_counts(readings: Sequence[ClaimAnalysis]) -> Counter[int]:
    """How often each word is said, names counting more, and each figure."""
    found: Counter[int] = Counter()
    for reading in readings:
        for unit in reading.terms.values():
            if not is_generic(unit):
                found[hash64(unit.key)] += NAMES if unit.kind is ChangeKind.NAME else 1
        found.update(hash64(f"#{quantity.low:g}") for quantity in reading.numbers)
    return found


def ngram_counts(readings: Sequence[ClaimAnalysis]) -> Counter[int]:
    """How often any four letters stand together in a word, its edges being letters too; and what weighs like them."""
    found: Counter[int] = Counter()
    for reading in readings:
        for word in WORD.findall(reading.text.casefold()):
            found.update(char_ngrams(word))
        found.update(hash_bucket(unit.key) for unit in reading.terms.values() if is_generic(unit))
    return found


def is_generic(unit: ContentTerm) -> bool:
    """Is the unit one of the words that mean the same everywhere? "dead" and "killed" stand in news of any kind, so
    they only weigh, as groups of letters do."""
    return unit.key.startswith("=")


@lru_cache(maxsize=WORDS_KEPT)
def char_ngrams(word: str) -> array[int]:
    """The numbers of a word's groups of letters."""
    edged = f" {word} "
    return array("H", [hash_bucket(edged[at : at + GROUP]) for at in range(max(1, len(edged) - GROUP + 1))])


def hash_bucket(group: str) -> int:
    """The number that stands for a group of letters."""
    return crc32(group.encode("utf-8", "replace")) % HASH_BUCKETS


def weighted(said: Mapping[int, int], share: float, tally: DocumentFrequency) -> TermVector:
    """Weights of the terms whose squares make up `share`."""
    known, all_texts = tally.by_term, tally.total + START
    weights = {term: (1 + log(times)) * log(all_texts / (known.get(term, 0) + 1.5)) for term, times in said.items()}
    length = sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {term: weight * sqrt(share) / length for term, weight in weights.items()}


def is_word_term(term: int) -> bool:
    """Is the term a word? Groups of letters only weigh; nothing is looked up by them."""
    return not 0 <= term < HASH_BUCKETS


def merge_decayed(story: Mapping[int, float], vector: Mapping[int, float], seconds: float) -> TermVector:
    """A story's gist with one more update's, `seconds` after its last."""
    left = 0.5 ** (max(0.0, seconds) / STORY_HALF_LIFE_S)
    summed = {term: weight * left for term, weight in story.items()}
    for term, weight in vector.items():
        summed[term] = summed.get(term, 0.0) + weight
    return {term: summed[term] for term in nlargest(MAX_VECTOR_TERMS, summed, key=summed.__getitem__)}


def cosine(vector: Mapping[int, float], story: Mapping[int, float]) -> float:
    """How alike an update's gist and a story's are, 0 to 1."""
    length = sqrt(sum(weight * weight for weight in story.values()))
    return sum(weight * story[term] for term, weight in vector.items() if term in story) / (length or 1.0)
