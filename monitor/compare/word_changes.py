"""Reports the words that changed between two claims as readable changes: runs of words and what replaces them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from monitor.compare.antonyms import find_opposites
from monitor.compare.word_alignment import WordAlignment
from monitor.model import Change, ChangeKind
from monitor.text.analysis import ClaimAnalysis, ContentTerm
from monitor.text.lexicon.stopwords import PAGE_WORDS, WEAK_WORDS

LINK = re.compile(r"[^.!?:;]{3,80}? [-–—]{1,2} [^.!?:;]{3,80}")
LIGHT_IN_LINKS = WEAK_WORDS | PAGE_WORDS


class Run(NamedTuple):
    """Adjacent terms that only one claim has, and the keys of the terms around them ("" at an edge)."""

    units: tuple[ContentTerm, ...]
    left: str
    right: str


class WordChanges(NamedTuple):
    """The changes of words; `material` is false if none of them changes the meaning."""

    changes: list[Change]
    material: bool


def word_changes(before: ClaimAnalysis, now: ClaimAnalysis, words: WordAlignment) -> WordChanges:
    """Return the changes of unmatched words: misspellings and weak words are wording, all others are material."""
    light = LIGHT_IN_LINKS if is_link(before.text) and is_link(now.text) else WEAK_WORDS
    changes = [
        Change(ChangeKind.WORDING, quote_terms(before, (a,)), quote_terms(now, (b,))) for a, b in words.matched
    ]
    lost, gained = word_runs(before, words.removed), word_runs(now, words.added)
    for run in lost:
        other = instead(run, gained)
        if other:
            gained.remove(other)
        changes.append(_change(before, run, now, other, light))
    changes += [_change(before, None, now, run, light) for run in gained]
    return WordChanges(changes, any(unit.word.folded not in light for unit in (*words.removed, *words.added)))


def is_link(text: str) -> bool:
    """Whether a text has the form of a link title: "Topic – Publisher"."""
    return LINK.fullmatch(text.strip()) is not None


def word_runs(reading: ClaimAnalysis, units: Sequence[ContentTerm]) -> list[Run]:
    """Group `units` into runs that are not separated by a term of both claims."""
    if not units:
        return []
    apart = {unit.key for unit in units}
    found: list[Run] = []
    left, run = "", []
    for unit in reading.terms.values():
        if unit.key in apart:
            run.append(unit)
            continue
        if run:
            found.append(Run(tuple(run), left, unit.key))
            run = []
        left = unit.key
    return [*found, Run(tuple(run), left, "")] if run else found


def instead(run: Run, others: Iterable[Run]) -> Run | None:
    """Return the run that replaces `run`: next to the same term, or with an opposite word."""
    return next(
        (
            other
            for other in others
            if other.left == run.left or (other.right == run.right) or opposite(run.units, other.units)
        ),
        None,
    )


def opposite(some: Iterable[ContentTerm], others: Sequence[ContentTerm]) -> bool:
    """Whether a word of one run is the opposite of a word of the other."""
    return bool(find_opposites([unit.word.stem for unit in some], [unit.word.stem for unit in others]))


def quote_terms(reading: ClaimAnalysis, units: Sequence[ContentTerm]) -> str:
    """Return the text from the first of `units` to the last."""
    return reading.text[reading.span(units[0])[0] : reading.span(units[-1])[1]] if units else ""


def _change(
    before: ClaimAnalysis, old: Run | None, now: ClaimAnalysis, new: Run | None, light: frozenset[str]
) -> Change:
    gone, come = old.units if old else (), new.units if new else ()
    return Change(_kind(gone, come, light), quote_terms(before, gone), quote_terms(now, come))


def _kind(gone: Sequence[ContentTerm], come: Sequence[ContentTerm], light: frozenset[str]) -> ChangeKind:
    """Return the kind of change: a run that replaces another, or that is added or removed."""
    if all(unit.word.folded in light for unit in (*gone, *come)):
        return ChangeKind.WORDING
    if not (gone and come):
        return ChangeKind.ADDED if come else ChangeKind.REMOVED
    if opposite(gone, come):
        return ChangeKind.ANTONYM
    named = [unit.kind for unit in come if unit.kind is not ChangeKind.WORDING]
    return named[0] if named and any(unit.kind is not ChangeKind.WORDING for unit in gone) else ChangeKind.WORDING
