"""Reports the words that changed between two claims as readable changes: runs of words and what replaces them.

Also swapped roles: "Russia strikes Ukraine" and "Ukraine strikes Russia".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from monitor.compare.words import WordAlignment, find_opposites
from monitor.model import Change, ChangeKind
from monitor.text.analysis import ClaimAnalysis, ContentTerm
from monitor.text.lexicon.stopwords import PAGE_WORDS, WEAK_WORDS

LINK = re.compile(r"[^.!?:;]{3,80}? [-–—]{1,2} [^.!?:;]{3,80}")
WEAK_IN_LINKS = WEAK_WORDS | PAGE_WORDS


class Run(NamedTuple):
    """Adjacent terms that only one claim has, and the keys of the terms around them ("" at an edge)."""

    terms: tuple[ContentTerm, ...]
    left: str
    right: str


class WordChanges(NamedTuple):
    """The changes of words; `material` is false if none of them changes the meaning."""

    changes: list[Change]
    material: bool


def word_changes(before: ClaimAnalysis, after: ClaimAnalysis, words: WordAlignment) -> WordChanges:
    """Return the changes of unmatched words: misspellings and weak words are wording, all others are material."""
    weak_words = WEAK_IN_LINKS if is_link(before.text) and is_link(after.text) else WEAK_WORDS
    changes = [
        Change(ChangeKind.WORDING, quote_terms(before, (old,)), quote_terms(after, (new,)))
        for old, new in words.matched
    ]
    removed, added = word_runs(before, words.removed), word_runs(after, words.added)
    for run in removed:
        other = find_replacement(run, added)
        if other:
            added.remove(other)
        changes.append(_change(before, run, after, other, weak_words))
    changes += [_change(before, None, after, run, weak_words) for run in added]
    return WordChanges(changes, any(term.word.folded not in weak_words for term in (*words.removed, *words.added)))


def is_link(text: str) -> bool:
    """Whether a text has the form of a link title: "Topic – Publisher"."""
    return LINK.fullmatch(text.strip()) is not None


def word_runs(analysis: ClaimAnalysis, terms: Sequence[ContentTerm]) -> list[Run]:
    """Group `terms` into runs that are not separated by a term of both claims."""
    if not terms:
        return []
    keys = {term.key for term in terms}
    runs: list[Run] = []
    left, run = "", []
    for term in analysis.terms.values():
        if term.key in keys:
            run.append(term)
            continue
        if run:
            runs.append(Run(tuple(run), left, term.key))
            run = []
        left = term.key
    return [*runs, Run(tuple(run), left, "")] if run else runs


def find_replacement(run: Run, others: Iterable[Run]) -> Run | None:
    """Return the run that replaces `run`: next to the same term, or with an opposite word."""
    return next(
        (
            other
            for other in others
            if other.left == run.left or (other.right == run.right) or are_opposite(run.terms, other.terms)
        ),
        None,
    )


def are_opposite(terms: Iterable[ContentTerm], other_terms: Sequence[ContentTerm]) -> bool:
    """Whether a word of one run is the opposite of a word of the other."""
    return bool(find_opposites([term.word.stem for term in terms], [term.word.stem for term in other_terms]))


def quote_terms(analysis: ClaimAnalysis, terms: Sequence[ContentTerm]) -> str:
    """Return the text from the first of `terms` to the last."""
    return analysis.text[analysis.span(terms[0])[0] : analysis.span(terms[-1])[1]] if terms else ""


def _change(
    before: ClaimAnalysis, old: Run | None, after: ClaimAnalysis, new: Run | None, weak_words: frozenset[str]
) -> Change:
    removed, added = old.terms if old else (), new.terms if new else ()
    return Change(_kind(removed, added, weak_words), quote_terms(before, removed), quote_terms(after, added))


def _kind(removed: Sequence[ContentTerm], added: Sequence[ContentTerm], weak_words: frozenset[str]) -> ChangeKind:
    """Return the kind of change: a run that replaces another, or that is added or removed."""
    if all(term.word.folded in weak_words for term in (*removed, *added)):
        return ChangeKind.WORDING
    if not (removed and added):
        return ChangeKind.ADDED if added else ChangeKind.REMOVED
    if are_opposite(removed, added):
        return ChangeKind.ANTONYM
    name_kinds = [term.kind for term in added if term.kind is not ChangeKind.WORDING]
    return (
        name_kinds[0]
        if name_kinds and any(term.kind is not ChangeKind.WORDING for term in removed)
        else ChangeKind.WORDING
    )


def roles_swapped(before: ClaimAnalysis, after: ClaimAnalysis, words: WordAlignment) -> list[Change]:
    """Return the change of two names that swapped places around the same words, or an empty list.

    Only if all other words are the same. A passive ("is struck by") reverses the order and keeps the roles.
    """
    if words.removed or words.added or len(before.terms) != len(after.terms) or len(before.terms) < 3:
        return []
    old_keys, new_keys = list(before.terms), list(after.terms)
    if old_keys == new_keys or sorted(old_keys) != sorted(new_keys) or _is_passive(before) != _is_passive(after):
        return []
    first, last = _apart(old_keys, new_keys)
    is_swapped = old_keys[first] == new_keys[last] and old_keys[last] == new_keys[first] and last - first > 1
    if not is_swapped or old_keys[first + 1 : last] != new_keys[first + 1 : last]:
        return []
    old_term, new_term = before.terms[old_keys[first]], after.terms[new_keys[first]]
    if ChangeKind.WORDING in (old_term.kind, new_term.kind):
        return []
    return [Change(old_term.kind, quote_terms(before, (old_term,)), quote_terms(after, (new_term,)))]


def _apart(old_keys: list[str], new_keys: list[str]) -> tuple[int, int]:
    """Return the first and the last index at which the two orders differ."""
    indexes = [index for index, pair in enumerate(zip(old_keys, new_keys, strict=True)) if pair[0] != pair[1]]
    return indexes[0], indexes[-1]


def _is_passive(analysis: ClaimAnalysis) -> bool:
    """Whether the claim is in the passive voice."""
    return " by " in f" {analysis.text.casefold()} "
