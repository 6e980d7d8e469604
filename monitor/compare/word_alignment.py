"""Aligns the content words of two claims: the words of both, and the words of one only."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from monitor.compare.word_variants import same_word
from monitor.text.analysis import ClaimAnalysis, ContentTerm

MIN_EMPHASIS_LETTERS = 7  # a word in capitals with this many letters is emphasis, not initials


class WordAlignment(NamedTuple):
    """Terms that only one claim has, and pairs of terms that are forms of one word."""

    removed: tuple[ContentTerm, ...]
    added: tuple[ContentTerm, ...]
    matched: tuple[tuple[ContentTerm, ContentTerm], ...]


def align_words(before: ClaimAnalysis, after: ClaimAnalysis) -> WordAlignment:
    """Match equal terms, then spellings and derivations, initials, and words written apart or together."""
    removed = [term for key, term in before.terms.items() if key not in after.terms]
    added = [term for key, term in after.terms.items() if key not in before.terms]
    if not (removed and added):
        matched = _short(removed, added, after) + [(a, b) for b, a in _short(added, removed, before)]
        return WordAlignment(tuple(removed), tuple(added), tuple(matched))
    matched = _kindred(removed, added)
    matched += _short(removed, added, after) + [(a, b) for b, a in _short(added, removed, before)]
    matched += _joined(removed, added) + [(a, b) for b, a in _joined(added, removed)]
    return WordAlignment(tuple(removed), tuple(added), tuple(matched))


def _kindred(removed: list[ContentTerm], added: list[ContentTerm]) -> list[tuple[ContentTerm, ContentTerm]]:
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


def _short(
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


def _joined(parts: list[ContentTerm], wholes: list[ContentTerm]) -> list[tuple[ContentTerm, ContentTerm]]:
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
