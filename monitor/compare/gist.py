"""What an update is about, as weighted words: its headline and first sentences, rare words weighing most.

Words are taken as comparing reads them, so synonyms meet; beside them stand groups of four letters, by which the
derived and misspelt forms of a word meet. How rare a word is the ledger knows. A story's gist is the sum of those of
its updates, fading with time: what they have in common weighs, what each adds does not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from heapq import nlargest
from math import log, sqrt
from typing import Protocol

from monitor.model import Claim, Kind
from monitor.text.words import Reading, Synonyms, read

LEADS = 8  # claims that say what an update is about: the title and the first ones
NAMES = 2  # times that a name counts; countries stand in too many updates to count more than words
GROUP = 4  # letters in a group
LETTERS = 0.45  # of the weight lies on groups of letters, the rest on words
START = 20  # updates that the ledger is taken to know beyond those it has: a first few tell nothing of rarity
HALF_LIFE = 3 * 86400.0  # seconds after which what was said of a story weighs half as much
LARGEST = 400  # terms of a story's gist, the heaviest
WORD = re.compile(r"\w+")

Gist = dict[str, float]


class Commonness(Protocol):
    """How many updates the ledger has counted the terms of, and how many of these hold each term."""

    def commonness(self, terms: Collection[str]) -> tuple[int, Mapping[str, int]]: ...


def gist_of(claims: Sequence[Claim], known: Commonness, same: Synonyms) -> Gist:
    """The update's terms with their weights, of length 1; empty if it says nothing."""
    leads = [read(claim.text, same) for claim in [c for c in claims if c.quiet is None][:LEADS]]
    words, letters = words_of(leads), letters_of(leads)
    total, common = known.commonness([*words, *letters])
    return {**weighted(words, 1 - LETTERS, total, common), **weighted(letters, LETTERS, total, common)}


def words_of(readings: Sequence[Reading]) -> Counter[str]:
    """How often each word is said, names counting more, and each figure."""
    found: Counter[str] = Counter()
    for reading in readings:
        for unit in reading.units:
            found[unit.key] += NAMES if unit.kind is Kind.NAME else 1
        found.update(f"#{quantity.low:g}" for quantity in reading.numbers)
    return found


def letters_of(readings: Sequence[Reading]) -> Counter[str]:
    """How often any four letters stand together in a word, its edges being letters too."""
    found: Counter[str] = Counter()
    for reading in readings:
        for word in WORD.findall(reading.text.casefold()):
            edged = f" {word} "
            found.update(f"={edged[at : at + GROUP]}" for at in range(max(1, len(edged) - GROUP + 1)))
    return found


def weighted(said: Mapping[str, int], share: float, total: int, common: Mapping[str, int]) -> Gist:
    """Weights of the terms whose squares make up `share`."""
    weights = {
        term: (1 + log(times)) * log((total + START) / (common.get(term, 0) + 1.5)) for term, times in said.items()
    }
    length = sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {term: round(weight * sqrt(share) / length, 4) for term, weight in weights.items()}


def is_word(term: str) -> bool:
    """Is the term a word? Groups of letters only weigh; nothing is looked up by them."""
    return not term.startswith("=")


def joined(story: Mapping[str, float], gist: Mapping[str, float], seconds: float) -> Gist:
    """A story's gist with one more update's, `seconds` after its last."""
    left = 0.5 ** (max(0.0, seconds) / HALF_LIFE)
    summed = {term: weight * left for term, weight in story.items()}
    for term, weight in gist.items():
        summed[term] = summed.get(term, 0.0) + weight
    return {term: round(summed[term], 4) for term in nlargest(LARGEST, summed, key=summed.__getitem__)}


def likeness(gist: Mapping[str, float], story: Mapping[str, float]) -> float:
    """How alike an update's gist and a story's are, 0 to 1."""
    length = sqrt(sum(weight * weight for weight in story.values()))
    return sum(weight * story[term] for term, weight in gist.items() if term in story) / (length or 1.0)
