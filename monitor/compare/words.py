"""Compares the words of two claims: which are one word, which are opposites, and which only one claim has.

Two spellings are one word if one is derived from the other ("Peru", "Peruvian") or misspelled ("Torestk").
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from rapidfuzz.distance import OSA

from monitor.text.analysis import ClaimAnalysis, ContentTerm
from monitor.text.facts.tokens import Word, stem_word
from monitor.text.lexicon.antonyms import ANTONYM_LINES

MIN_EMPHASIS_LETTERS = 7  # a word in capitals with this many letters is emphasis, not initials
MIN_ROOT_LETTERS = 4  # minimum of letters that words of one root share
MAX_ENDING_LETTERS = 4  # maximum of letters that a derivation adds
NEGATING_PREFIXES = ("un", "in", "im", "il", "ir", "non", "dis", "de", "anti", "mis", "counter")


class WordAlignment(NamedTuple):
    """Terms that only one claim has, and pairs of terms that are forms of one word."""

    removed: tuple[ContentTerm, ...]
    added: tuple[ContentTerm, ...]
    matched: tuple[tuple[ContentTerm, ContentTerm], ...]


def align_words(before: ClaimAnalysis, after: ClaimAnalysis) -> WordAlignment:
    """Match equal terms, then spellings and derivations, initials, and words written apart or together."""
    removed = [term for key, term in before.terms.items() if key not in after.terms]
    added = [term for key, term in after.terms.items() if key not in before.terms]
    matched = _match_variants(removed, added) if removed and added else []
    matched += _match_initials(removed, added, after)
    matched += [(old, new) for new, old in _match_initials(added, removed, before)]
    if removed and added:
        matched += _match_joined(removed, added)
        matched += [(old, new) for new, old in _match_joined(added, removed)]
    return WordAlignment(tuple(removed), tuple(added), tuple(matched))


def _match_variants(removed: list[ContentTerm], added: list[ContentTerm]) -> list[tuple[ContentTerm, ContentTerm]]:
    """Remove the spellings and derivations of one word from both lists, and return them in pairs."""
    by_initial: dict[str, list[ContentTerm]] = {}
    for term in added:
        if term.key[:1] != "@":
            by_initial.setdefault(term.word.initial, []).append(term)
    pairs = []
    for term in tuple(removed):
        same_initial = by_initial.get(term.word.initial, ()) if term.key[:1] != "@" else ()
        for other in same_initial:
            if same_word(term.word, other.word):
                pairs.append((term, other))
                removed.remove(term)
                added.remove(other)
                by_initial[term.word.initial].remove(other)
                break
    return pairs


def _match_initials(
    terms: list[ContentTerm], other_terms: list[ContentTerm], other: ClaimAnalysis
) -> list[tuple[ContentTerm, ContentTerm]]:
    """Remove the initials of a name in `other` from `terms`, and its words from `other_terms`; return the pairs."""
    pairs = []
    initials = [term for term in terms if term.word.is_all_caps and len(term.word.folded) < MIN_EMPHASIS_LETTERS]
    for term in initials:
        capitals = [name for name in other.terms.values() if name.word.is_capitalized]
        index = "".join(name.word.folded[0] for name in capitals).find(term.word.folded)
        if index >= 0:
            name = capitals[index : index + len(term.word.folded)]
            terms.remove(term)
            other_terms[:] = [word for word in other_terms if word not in name]
            pairs.append((term, name[0]))
    return pairs


def _match_joined(parts: list[ContentTerm], wholes: list[ContentTerm]) -> list[tuple[ContentTerm, ContentTerm]]:
    """Remove two terms that form one ("car jacking", "carjacking") from both lists, and return them in pairs."""
    pairs = []
    spellings = {term.word.folded: term for term in wholes}
    for first, second in pairwise(tuple(parts)):
        joined = spellings.get(first.word.folded + second.word.folded)
        if joined and first in parts and joined in wholes:
            parts.remove(first)
            parts.remove(second)
            wholes.remove(joined)
            pairs.append((first, joined))
    return pairs


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
    if one[:MIN_ROOT_LETTERS] != other[:MIN_ROOT_LETTERS]:
        return False
    shared = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        shared += 1
    tails = len(one) - shared, len(other) - shared
    if shared < MIN_ROOT_LETTERS or max(tails) > MAX_ENDING_LETTERS:
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


def _stems(side: str) -> frozenset[str]:
    return frozenset(form for word in side.split() for form in (stem_word(word), word))


def _opposites_by_stem() -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    for line in ANTONYM_LINES.strip().splitlines():
        left, right = (_stems(side) for side in line.split("|"))
        for side, other in ((left, right), (right, left)):
            for stem in side:
                table.setdefault(stem, set()).update(other - side)
    return {stem: frozenset(others) for stem, others in table.items()}


OPPOSITES = _opposites_by_stem()


@lru_cache(maxsize=8192)
def bare(stem: str) -> str:
    """Remove a negating prefix from a stem: "unwilling" and "disappear" become "willing" and "appear"."""
    return next((stem[len(p) :] for p in NEGATING_PREFIXES if stem.startswith(p) and len(stem) - len(p) > 3), stem)


def is_opposite(one: str, other: str) -> bool:
    """Whether two stems (or folded words) are opposites, by the lists above or by a prefix such as "un"."""
    return other in OPPOSITES.get(one, ()) or (one != other and (bare(one) == other or bare(other) == one))


def find_opposites(some: Iterable[str], others: Collection[str]) -> list[tuple[str, str]]:
    """Return the pairs of stems, one of each side, that are opposites."""
    pairs = []
    for stem in some:
        listed, plain = OPPOSITES.get(stem, frozenset()), bare(stem)
        pairs += [(stem, other) for other in others if other in listed or (plain != stem and other == plain)]
    prefixed = {bare(other): other for other in others if bare(other) != other}
    return pairs + [(stem, prefixed[stem]) for stem in some if stem in prefixed]
