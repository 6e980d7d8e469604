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
from monitor.compare.antonyms import find_opposites
from monitor.compare.coverage import CLEAR, FULL, MOST, Coverage, cover
from monitor.compare.days import has_new_day, is_said_of_another_day, may_have_moved
from monitor.compare.facts import NO_FACT_DIFF, FactDiff
from monitor.compare.identifiers import added_identifiers, name_different_things, replaced_identifiers
from monitor.compare.role_swap import roles_swapped
from monitor.compare.same_fact import heads_differ, is_same_fact, is_same_sentence, is_same_slot
from monitor.compare.similarity import similarity
from monitor.compare.word_alignment import WordAlignment, align_words
from monitor.compare.word_changes import quote_terms, word_changes
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
    """The differences of two claims, and their similarity (`alike`)."""

    before: ClaimAnalysis
    now: ClaimAnalysis
    words: WordAlignment
    numbers: FactDiff
    dates: FactDiff
    cues: dict[ChangeKind, FactDiff]
    alike: float


def judge(
    before: ClaimAnalysis, now: ClaimAnalysis, relation: Relation, published: Published | None = None
) -> Verdict:
    """Return the verdict on `now` as news after `before`.

    `published` resolves "yesterday" and dates without a year; without it, dates are compared as they are written.
    """
    if before.text == now.text:
        is_later = relation is Relation.ELSEWHERE and is_said_of_another_day(now, published)
        return Verdict(Novelty.NEW, 99.0, basis=Basis.OTHER_DAY) if is_later else IDENTICAL
    if before.text[MAX_ANALYZED_CHARS:] != now.text[MAX_ANALYZED_CHARS:]:
        return UNREAD
    if relation is Relation.REVISION and spacing_key(before.text) == spacing_key(now.text):
        return RESPACED
    seen = diff_pair(before, now, strict=relation is Relation.REVISION)
    if seen.alike < UNLIKE[relation]:
        return Verdict(Novelty.NEW, seen.alike, basis=Basis.NOTHING_SIMILAR)
    return _revised(seen) if relation is Relation.REVISION else _retold(seen, published)


@lru_cache(maxsize=8192)
def spacing_key(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a key that ignores case, spaces and punctuation, but keeps apart digits that spaces separate."""
    return "".join(filter(str.isalnum, text.casefold())), tuple(DIGITS.findall(text))


def diff_pair(before: ClaimAnalysis, now: ClaimAnalysis, *, strict: bool) -> PairDiff:
    words = align_words(before, now)
    numbers, dates = facts.numbers(before, now, strict=strict), facts.dates(before, now)
    cues = NO_CUES
    if before.cues or now.cues:
        cues = facts.merge_denials(before, now, {kind: facts.cues(before, now, kind) for kind in CUE_KINDS})
    alike = similarity(before, now, words, (numbers, dates), cues.values())
    return PairDiff(before, now, words, numbers, dates, cues, alike)


def _revised(seen: PairDiff) -> Verdict:
    """Judge an edit: every changed word counts, unless it is a weak word or a corrected misspelling."""
    if not is_same_sentence(seen.before, seen.now, seen.words):
        return Verdict(Novelty.NEW, seen.alike, basis=Basis.NOTHING_SIMILAR)
    stated = [*seen.numbers.all(), *seen.dates.all(), *chain(*(moves.all() for moves in seen.cues.values()))]
    words = word_changes(seen.before, seen.now, seen.words)
    stated += roles_swapped(seen.before, seen.now, seen.words)
    changes = (*stated, *words.changes)
    if stated or words.material:
        return Verdict(Novelty.CHANGED, seen.alike, changes, Basis.EDITED)
    return Verdict(Novelty.REPEATED, seen.alike, changes, Basis.REWORDED)


def _retold(seen: PairDiff, published: Published | None) -> Verdict:
    """Judge a claim from elsewhere by the three questions of this module."""
    if name_different_things(seen.before, seen.now):
        return Verdict(Novelty.NEW, seen.alike, basis=Basis.OTHER_IDENTIFIER)
    if has_new_day(seen.before, seen.now, published):
        moved = moved_dates(seen, published)
        novelty, basis = (Novelty.CHANGED, Basis.VALUE_MOVED) if moved else (Novelty.NEW, Basis.OTHER_DAY)
        return Verdict(novelty, seen.alike, tuple(moved), basis)
    coverage = cover(seen.now, seen.words.added)
    moved = moved_values(seen, coverage)
    if moved and is_same_fact(seen.before, seen.now, seen.words):
        return Verdict(Novelty.CHANGED, seen.alike, tuple(moved), Basis.VALUE_MOVED)
    if adds_to_same_event(seen, coverage):
        all_changes = word_changes(seen.before, seen.now, seen.words).changes
        changes = [change for change in all_changes if change.after and not change.before]
        return Verdict(Novelty.CHANGED, seen.alike, tuple(changes), Basis.ADDED)
    if lack := unsaid(seen, moved, coverage):
        return Verdict(Novelty.NEW, seen.alike, (), lack, tuple(term.word.text for term in coverage.uncovered))
    words = word_changes(seen.before, seen.now, seen.words)
    return Verdict(Novelty.REPEATED, seen.alike, tuple(words.changes), Basis.ALL_SAID)


def unsaid(seen: PairDiff, moved: Sequence[Change], coverage: Coverage) -> Basis | None:
    """Return what the earlier claim does not say, or None if it says all."""
    if added_identifiers(seen.before, seen.now):
        return Basis.OTHER_IDENTIFIER
    is_year = seen.numbers.removed and seen.dates.added  # "300 cases" and "1999 cases"
    if moved or seen.numbers.changed or seen.numbers.added or is_year:
        return Basis.OTHER_FIGURE
    if read_statement(seen.now).is_additional and not read_statement(seen.before).is_additional:
        return Basis.ONE_MORE
    minimum = MOST if is_same_event(seen) else FULL
    if coverage.share < CLEAR and heads_differ(seen.before, seen.now, seen.words):
        return Basis.NOT_ALL_SAID
    is_said = coverage.is_full(minimum) and not seen.cues[ChangeKind.NEGATION].all()
    return None if is_said else Basis.NOT_ALL_SAID


def adds_to_same_event(seen: PairDiff, coverage: Coverage) -> bool:
    """Whether the claim restates most of an earlier one about the same event, and adds names to it."""
    if seen.numbers.all() or not coverage.new_names or not is_same_event(seen):
        return False
    return cover(seen.before, seen.words.removed).share >= MOST


def is_same_event(seen: PairDiff) -> bool:
    """Whether both claims state the same day and share EVENT_NAMES names."""
    days = seen.before.dates and seen.now.dates and not (seen.dates.removed or seen.dates.added or seen.dates.changed)
    return bool(days) and len(list(names_in_both(seen.before, seen.now))) >= EVENT_NAMES


def moved_values(seen: PairDiff, coverage: Coverage) -> list[Change]:
    """Return the changes of a value: a figure of the same slot; if most words are shared also a negation, an
    opposite, swapped roles or another version; if all are shared also the certainty and the scope."""
    moved = [
        change
        for change, (old, new) in zip(seen.numbers.changed, seen.numbers.moved, strict=True)
        if is_same_slot(seen.before, old, seen.now, new)
    ]
    if coverage.is_full(MOST) and len(moved) == len(seen.numbers.changed) and not seen.numbers.added:
        moved += [*seen.cues[ChangeKind.NEGATION].all(), *opposites(seen), *roles_swapped(*seen[:3])]
        moved += replaced_identifiers(seen.before, seen.now)
    if not (coverage.uncovered or seen.words.removed):
        moved += [*seen.cues[ChangeKind.CERTAINTY].changed, *seen.cues[ChangeKind.SCOPE].changed]
    return moved


def moved_dates(seen: PairDiff, published: Published | None) -> Sequence[Change]:
    """Return the dates that replace others if all else is the same and they may be those of one event."""
    if seen.words.removed or seen.words.added or seen.numbers.all():
        return ()
    return seen.dates.changed if may_have_moved(seen.now, published) else ()


def names_in_both(one: ClaimAnalysis, other: ClaimAnalysis) -> Iterator[ContentTerm]:
    """Yield the names and places of one claim that are also in the other."""
    return (unit for key, unit in one.terms.items() if unit.kind is not WORDING and key in other.terms)


def opposites(seen: PairDiff) -> list[Change]:
    """Find words that are replaced by their opposites."""
    lost = {unit.word.stem: unit for unit in seen.words.removed}
    gained = {unit.word.stem: unit for unit in seen.words.added}
    return [
        Change(ChangeKind.ANTONYM, quote_terms(seen.before, (lost[one],)), quote_terms(seen.now, (gained[other],)))
        for one, other in find_opposites(lost, gained)
    ]
