"""Judges a pair of claims: is the second new, changed or repeated after the first?

Three questions decide, in this order. The similarity only finds what to ask them of.

    is it another thing?          another identifier, another day, one more of a kind  → new
    did a value of one fact move? a figure, a date, a "not", an opposite               → changed
    is all of it said?            every name and clause, most of the words              → repeated, else new

An edit of a sentence is judged by every word that changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from monitor.compare import facts
from monitor.compare.coverage import CLEAR, FULL, MOST, Coverage, cover
from monitor.compare.days import has_new_day, is_said_of_another_day, may_have_moved
from monitor.compare.facts import NO_FACT_DIFF, FactDiff
from monitor.compare.identifiers import added_identifiers, name_different_things, replaced_identifiers
from monitor.compare.same_fact import heads_differ, is_same_fact, is_same_sentence, is_same_slot
from monitor.compare.similarity import similarity
from monitor.compare.word_changes import quote_terms, roles_swapped, word_changes
from monitor.compare.words import WordAlignment, align_words, find_opposites
from monitor.evidence import Basis
from monitor.model import Change, ChangeKind, Moment, Novelty, Relation, Verdict
from monitor.text.analysis import MAX_ANALYZED_CHARS, WORDING, ClaimAnalysis, ContentTerm
from monitor.text.statement import read_statement

# Minimum similarity of claims that are judged; `python benchmarks/novelty.py --data DIR pairs` measures its effect.
UNLIKE = {Relation.REVISION: 42.0, Relation.ELSEWHERE: 44.0}
EVENT_NAMES = 3  # names and places that claims about one event share, if they state the same day

IDENTICAL = Verdict(Novelty.REPEATED, 100.0, basis=Basis.SAME_WORDS)
RESPACED = Verdict(Novelty.REPEATED, 99.0, basis=Basis.SAME_WORDS)
UNREAD = Verdict(Novelty.CHANGED, 0.0, basis=Basis.EDITED)  # the texts differ beyond the part that is analyzed
CUE_KINDS = (ChangeKind.NEGATION, ChangeKind.CERTAINTY, ChangeKind.SCOPE)
NO_CUES = dict.fromkeys(CUE_KINDS, NO_FACT_DIFF)
DIGITS = re.compile(r"\d+")

Published = tuple[Moment, Moment]  # when the earlier and the later claim were published


class PairDiff(NamedTuple):
    """The differences of two claims, and their similarity."""

    before: ClaimAnalysis
    after: ClaimAnalysis
    words: WordAlignment
    numbers: FactDiff
    dates: FactDiff
    cues: dict[ChangeKind, FactDiff]
    similarity: float


def judge(
    before: ClaimAnalysis, after: ClaimAnalysis, relation: Relation, published: Published | None = None
) -> Verdict:
    """Return the verdict on `after` as news after `before`.

    `published` resolves "yesterday" and dates without a year; without it, dates are compared as they are written.
    """
    if before.text == after.text:
        is_later = relation is Relation.ELSEWHERE and is_said_of_another_day(after, published)
        return Verdict(Novelty.NEW, 99.0, basis=Basis.OTHER_DAY) if is_later else IDENTICAL
    if before.text[MAX_ANALYZED_CHARS:] != after.text[MAX_ANALYZED_CHARS:]:
        return UNREAD
    if relation is Relation.REVISION and spacing_key(before.text) == spacing_key(after.text):
        return RESPACED
    diff = diff_pair(before, after, strict=relation is Relation.REVISION)
    if diff.similarity < UNLIKE[relation]:
        return Verdict(Novelty.NEW, diff.similarity, basis=Basis.NOTHING_SIMILAR)
    return _judge_revision(diff) if relation is Relation.REVISION else _judge_elsewhere(diff, published)


@lru_cache(maxsize=8192)
def spacing_key(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a key that ignores case, spaces and punctuation, but keeps apart digits that spaces separate."""
    return "".join(filter(str.isalnum, text.casefold())), tuple(DIGITS.findall(text))


def diff_pair(before: ClaimAnalysis, after: ClaimAnalysis, *, strict: bool) -> PairDiff:
    words = align_words(before, after)
    numbers, dates = facts.numbers(before, after, strict=strict), facts.dates(before, after)
    cues = NO_CUES
    if before.cues or after.cues:
        cues = facts.merge_denials(before, after, {kind: facts.cues(before, after, kind) for kind in CUE_KINDS})
    score = similarity(before, after, words, (numbers, dates), cues.values())
    return PairDiff(before, after, words, numbers, dates, cues, score)


def _judge_revision(diff: PairDiff) -> Verdict:
    """Judge an edit: every changed word counts, unless it is a weak word or a corrected misspelling."""
    if not is_same_sentence(diff.before, diff.after, diff.words):
        return Verdict(Novelty.NEW, diff.similarity, basis=Basis.NOTHING_SIMILAR)
    stated = [*diff.numbers.all(), *diff.dates.all(), *chain(*(fact_diff.all() for fact_diff in diff.cues.values()))]
    words = word_changes(diff.before, diff.after, diff.words)
    stated += roles_swapped(diff.before, diff.after, diff.words)
    changes = (*stated, *words.changes)
    if stated or words.material:
        return Verdict(Novelty.CHANGED, diff.similarity, changes, Basis.EDITED)
    return Verdict(Novelty.REPEATED, diff.similarity, changes, Basis.REWORDED)


def _judge_elsewhere(diff: PairDiff, published: Published | None) -> Verdict:
    """Judge a claim from elsewhere by the three questions of this module."""
    if name_different_things(diff.before, diff.after):
        return Verdict(Novelty.NEW, diff.similarity, basis=Basis.OTHER_IDENTIFIER)
    if has_new_day(diff.before, diff.after, published):
        moved = moved_dates(diff, published)
        novelty, basis = (Novelty.CHANGED, Basis.VALUE_MOVED) if moved else (Novelty.NEW, Basis.OTHER_DAY)
        return Verdict(novelty, diff.similarity, tuple(moved), basis)
    coverage = cover(diff.after, diff.words.added)
    moved = moved_values(diff, coverage)
    if moved and is_same_fact(diff.before, diff.after, diff.words):
        return Verdict(Novelty.CHANGED, diff.similarity, tuple(moved), Basis.VALUE_MOVED)
    if adds_to_same_event(diff, coverage):
        all_changes = word_changes(diff.before, diff.after, diff.words).changes
        changes = [change for change in all_changes if change.after and not change.before]
        return Verdict(Novelty.CHANGED, diff.similarity, tuple(changes), Basis.ADDED)
    if missing := unsaid(diff, moved, coverage):
        return Verdict(
            Novelty.NEW, diff.similarity, (), missing, tuple(term.word.text for term in coverage.uncovered)
        )
    words = word_changes(diff.before, diff.after, diff.words)
    return Verdict(Novelty.REPEATED, diff.similarity, tuple(words.changes), Basis.ALL_SAID)


def unsaid(diff: PairDiff, moved: Sequence[Change], coverage: Coverage) -> Basis | None:
    """Return what the earlier claim does not say, or None if it says all."""
    if added_identifiers(diff.before, diff.after):
        return Basis.OTHER_IDENTIFIER
    is_year = diff.numbers.removed and diff.dates.added  # "300 cases" and "1999 cases"
    if moved or diff.numbers.changed or diff.numbers.added or is_year:
        return Basis.OTHER_FIGURE
    if read_statement(diff.after).is_additional and not read_statement(diff.before).is_additional:
        return Basis.ONE_MORE
    minimum = MOST if is_same_event(diff) else FULL
    if coverage.share < CLEAR and heads_differ(diff.before, diff.after, diff.words):
        return Basis.NOT_ALL_SAID
    is_said = coverage.is_full(minimum) and not diff.cues[ChangeKind.NEGATION].all()
    return None if is_said else Basis.NOT_ALL_SAID


def adds_to_same_event(diff: PairDiff, coverage: Coverage) -> bool:
    """Whether the claim restates most of an earlier one about the same event, and adds names to it."""
    if diff.numbers.all() or not coverage.new_names or not is_same_event(diff):
        return False
    return cover(diff.before, diff.words.removed).share >= MOST


def is_same_event(diff: PairDiff) -> bool:
    """Whether both claims state the same day and share EVENT_NAMES names."""
    days = (
        diff.before.dates and diff.after.dates and not (diff.dates.removed or diff.dates.added or diff.dates.changed)
    )
    return bool(days) and len(list(names_in_both(diff.before, diff.after))) >= EVENT_NAMES


def moved_values(diff: PairDiff, coverage: Coverage) -> list[Change]:
    """Return the changes of a value: a figure of the same slot; if most words are shared also a negation, an
    opposite, swapped roles or another version; if all are shared also the certainty and the scope."""
    moved = [
        change
        for change, (old, new) in zip(diff.numbers.changed, diff.numbers.moved, strict=True)
        if is_same_slot(diff.before, old, diff.after, new)
    ]
    if coverage.is_full(MOST) and len(moved) == len(diff.numbers.changed) and not diff.numbers.added:
        moved += [
            *diff.cues[ChangeKind.NEGATION].all(),
            *opposites(diff),
            *roles_swapped(diff.before, diff.after, diff.words),
        ]
        moved += replaced_identifiers(diff.before, diff.after)
    if not (coverage.uncovered or diff.words.removed):
        moved += [*diff.cues[ChangeKind.CERTAINTY].changed, *diff.cues[ChangeKind.SCOPE].changed]
    return moved


def moved_dates(diff: PairDiff, published: Published | None) -> Sequence[Change]:
    """Return the dates that replace others if all else is the same and they may be those of one event."""
    if diff.words.removed or diff.words.added or diff.numbers.all():
        return ()
    return diff.dates.changed if may_have_moved(diff.after, published) else ()


def names_in_both(before: ClaimAnalysis, after: ClaimAnalysis) -> Iterator[ContentTerm]:
    """Yield the names and places of one claim that are also in the other."""
    return (term for key, term in before.terms.items() if term.kind is not WORDING and key in after.terms)


def opposites(diff: PairDiff) -> list[Change]:
    """Find words that are replaced by their opposites."""
    removed = {term.word.stem: term for term in diff.words.removed}
    added = {term.word.stem: term for term in diff.words.added}
    return [
        Change(ChangeKind.ANTONYM, quote_terms(diff.before, (removed[old],)), quote_terms(diff.after, (added[new],)))
        for old, new in find_opposites(removed, added)
    ]
