"""Decides whether two spellings are one word: derived ("Peru", "Peruvian") or misspelled ("Torestk")."""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz.distance import OSA

from monitor.compare.antonyms import is_opposite
from monitor.text.facts.tokens import Word

DERIVED = 4  # minimum of letters that words of one root share
TAIL = 4  # maximum of letters that a derivation adds


@lru_cache(maxsize=1024)
def same_word(one: Word, other: Word) -> bool:
    """Whether the two are spellings or derivations of one word. Words with different digits never are."""
    if one.digits != other.digits:
        return False
    if one.stem == other.stem:
        return True
    if not (is_derived(one.stem, other.stem) or is_misspelling(one, other)):
        return False
    return not (is_opposite(one.stem, other.stem) or is_opposite(one.folded, other.folded))


def is_derived(one: str, other: str) -> bool:
    """Whether the stems share a root and differ only in short endings."""
    if one[:DERIVED] != other[:DERIVED]:
        return False
    shared = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        shared += 1
    tails = len(one) - shared, len(other) - shared
    if shared < DERIVED or max(tails) > TAIL:
        return False
    return min(tails) <= 1 and shared >= 2 * max(tails) - 1


def is_misspelling(one: Word, other: Word) -> bool:
    """Whether one is the other with one or two typos; longer words may have more."""
    if one.digits:
        return _same_letters(one, other)
    long = max(len(one.folded), len(other.folded))
    if long < 4 or one.folded[0] != other.folded[0] or abs(len(one.folded) - len(other.folded)) > 2:
        return False
    if one.is_capitalized and other.is_capitalized and _begins(one.folded, other.folded):
        return True
    slips = OSA.distance(one.folded, other.folded, score_cutoff=3)
    names = one.is_capitalized and other.is_capitalized
    return slips <= (1 if long < 7 else 2) if names else slips <= (0 if long < 5 else 1 if long < 9 else 2)


def _same_letters(one: Word, other: Word) -> bool:
    """Whether the letters are nearly equal: "LGBTQ2" and "2SLGBTQI"."""
    a, b = (word.folded.strip("0123456789") for word in (one, other))
    return min(len(a), len(b)) >= 4 and OSA.normalized_similarity(a, b) >= 0.6


def _begins(name: str, other: str) -> bool:
    """Whether one name extends the other, as in another language: "San" and "Santo", "Milan" and "Milano"."""
    short, long = sorted((name, other), key=len)
    return len(short) >= 3 and len(long) - len(short) <= 2 and long.startswith(short)
