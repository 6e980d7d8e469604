"""Whether two different spellings are one word: derived ("Peru", "Peruvian") or misspelt ("Torestk")."""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz.distance import OSA

from monitor.compare.antonyms import opposed
from monitor.text.tokens import Word

DERIVED = 4  # letters that words of one root share at least
TAIL = 4  # letters that a derivation may add


@lru_cache(maxsize=1024)
def kin(one: Word, other: Word) -> bool:
    """Whether the two are spellings or derivations of one word. Different digits never are."""
    if one.digits != other.digits:
        return False
    if one.stem == other.stem:
        return True
    if not (derived(one.stem, other.stem) or misspelt(one, other)):
        return False
    return not (opposed(one.stem, other.stem) or opposed(one.fold, other.fold))


def derived(one: str, other: str) -> bool:
    """Whether the stems share a root and differ in short endings only."""
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


def misspelt(one: Word, other: Word) -> bool:
    """Whether one is the other with a slip or two: the longer the word, the more are forgiven."""
    if one.digits:
        return _same_letters(one, other)
    long = max(len(one.fold), len(other.fold))
    if long < 4 or one.fold[0] != other.fold[0] or abs(len(one.fold) - len(other.fold)) > 2:
        return False
    if one.capital and other.capital and _begins(one.fold, other.fold):
        return True
    slips = OSA.distance(one.fold, other.fold, score_cutoff=3)
    names = one.capital and other.capital
    return slips <= (1 if long < 7 else 2) if names else slips <= (0 if long < 5 else 1 if long < 9 else 2)


def _same_letters(one: Word, other: Word) -> bool:
    """ "LGBTQ2" and "2SLGBTQI": the digits agree, the letters nearly."""
    a, b = (word.fold.strip("0123456789") for word in (one, other))
    return min(len(a), len(b)) >= 4 and OSA.normalized_similarity(a, b) >= 0.6


def _begins(one: str, other: str) -> bool:
    """ "San" and "Santo", "Milan" and "Milano": one name in two tongues."""
    short, long = sorted((one, other), key=len)
    return len(short) >= 3 and len(long) - len(short) <= 2 and long.startswith(short)
