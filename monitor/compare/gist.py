"""What an update is about, as weighted words: its headline and first sentences, rare words weighing most.

Words are taken as comparing reads them, so synonyms meet; beside them stand groups of three letters, by which the
derived and misspelt forms of a word meet. How rare a word is the ledger knows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from math import log, sqrt
from typing import Protocol

from monitor.model import Claim, Kind
from monitor.text.words import Reading, Synonyms, read

LEADS = 6  # claims that say what an update is about: the title and the first ones
NAMES = 2  # times that a name counts
LETTERS = 0.5  # of the weight lies on groups of letters, the rest on words
WORD = re.compile(r"\w+")

Gist = dict[str, float]


class Commonness(Protocol):
    """How many updates the ledger has the gists of, and how many of these hold each term."""

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
            found[unit.key] += 1 if unit.kind is Kind.WORDING else NAMES
        found.update(f"#{quantity.low:g}" for quantity in reading.numbers)
    return found


def letters_of(readings: Sequence[Reading]) -> Counter[str]:
    """How often any three letters stand together in a word, its edges being letters too."""
    found: Counter[str] = Counter()
    for reading in readings:
        for word in WORD.findall(reading.text.casefold()):
            edged = f" {word} "
            found.update(f"={edged[at : at + 3]}" for at in range(len(edged) - 2))
    return found


def weighted(said: Mapping[str, int], share: float, total: int, common: Mapping[str, int]) -> Gist:
    """Weights of the terms whose squares make up `share`; this update is counted in."""
    weights = {
        term: (1 + log(times)) * log((total + 2) / (common.get(term, 0) + 1.5)) for term, times in said.items()
    }
    length = sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {term: round(weight * sqrt(share) / length, 4) for term, weight in weights.items()}


def likeness(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """How alike two gists are, 0 to 1."""
    if len(one) > len(other):
        one, other = other, one
    return sum(weight * other[term] for term, weight in one.items() if term in other)
