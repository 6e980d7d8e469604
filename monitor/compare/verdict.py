"""Judges a pair of claims: new, changed or repeated. Similarity decides whether both are about the same thing, the
facts whether the second is news.

    same words ─→ repeated
    too dissimilar, or elsewhere and another identifier of the same kind ─→ new
    a fact changed (figure, date, name, negation, certainty, scope, opposite) ─→ changed
    only the wording changed ─→ repeated
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from monitor.compare import facts
from monitor.compare.antonyms import find_opposites
from monitor.compare.coverage import FULL, MOST, Coverage, cover, has_new_day
from monitor.compare.days import event_days, publication_day
from monitor.compare.facts import NO_FACT_DIFF, FactDiff
from monitor.compare.identifiers import added_identifiers, name_different_things, replaced_identifiers
from monitor.compare.role_swap import roles_swapped
from monitor.compare.same_fact import is_same_fact, is_same_sentence, is_same_slot
from monitor.compare.similarity import similarity
from monitor.compare.word_alignment import WordAlignment, align_words
from monitor.compare.word_changes import quote_terms, word_changes
from monitor.model import Change, ChangeKind, Moment, Novelty, Relation, Verdict
from monitor.text.analysis import IDENTIFIER_PREFIX, MAX_ANALYZED_CHARS, PLACE, WORDING, ClaimAnalysis, ContentTerm
from monitor.text.facts.numbers import Quantity
from monitor.text.lexicon.stopwords import WEAK_WORDS
from monitor.text.statement import read_statement

# Similarity thresholds; `python benchmarks/novelty.py --data DIR pairs` measures their effect.
UNLIKE = {Relation.REVISION: 42.0, Relation.ELSEWHERE: 44.0}  # below this: another claim
RETOLD = 66.0  # elsewhere: from this on, claims whose facts agree are repeated
ANCHORED = 60.0  # the same, for claims that state the same day and share ANCHORS names
ANCHORS = 3
NAMELESS = 70.0  # elsewhere: minimum for a changed figure if the claims share no name and one states another place

IDENTICAL = Verdict(Novelty.REPEATED, 100.0)
RESPACED = Verdict(Novelty.REPEATED, 99.0)
UNREAD = Verdict(Novelty.CHANGED, 0.0)  # the texts differ beyond the part that is analyzed
CUE_KINDS = (ChangeKind.NEGATION, ChangeKind.CERTAINTY, ChangeKind.SCOPE)
DIGITS = re.compile(r"\d+")
NO_CUES = dict.fromkeys(CUE_KINDS, NO_FACT_DIFF)


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
    before: ClaimAnalysis,
    now: ClaimAnalysis,
    relation: Relation,
    published: tuple[Moment, Moment] | None = None,
) -> Verdict:
    """Return the verdict on `now` as news after `before`. `published` are their times of publication, if known."""
    if before.text == now.text:
        return IDENTICAL
    if before.text[MAX_ANALYZED_CHARS:] != now.text[MAX_ANALYZED_CHARS:]:
        return UNREAD
    if relation is Relation.REVISION and spacing_key(before.text) == spacing_key(now.text):
        return RESPACED
    seen = diff_pair(before, now, strict=relation is Relation.REVISION)
    if seen.alike < UNLIKE[relation]:
        return Verdict(Novelty.NEW, seen.alike)
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
        return Verdict(Novelty.NEW, seen.alike)
    stated = [*seen.numbers.all(), *seen.dates.all(), *chain(*(moves.all() for moves in seen.cues.values()))]
    words = word_changes(seen.before, seen.now, seen.words)
    stated += roles_swapped(seen.before, seen.now, seen.words)
    news = stated or words.material
    return Verdict(Novelty.CHANGED if news else Novelty.REPEATED, seen.alike, (*stated, *words.changes))


def _retold(seen: PairDiff, published: tuple[Moment, Moment] | None) -> Verdict:
    """Judge a claim from elsewhere: repeated if the earlier claim states all of it, changed if both state one fact
    whose value moved, else new."""
    if name_different_things(seen.before, seen.now) or added_identifiers(seen.before, seen.now):
        return Verdict(Novelty.NEW, seen.alike)
    if has_new_day(seen.before, seen.now, published):
        moved = moved_dates(seen, published)
        return Verdict(Novelty.CHANGED if moved else Novelty.NEW, seen.alike, tuple(moved))
    coverage = cover(seen.now, seen.words.added)
    moved = moved_values(seen, coverage)
    if moved and is_same_fact(seen.before, seen.now, seen.words):
        return Verdict(Novelty.CHANGED, seen.alike, tuple(moved))
    unsaid = moved or seen.numbers.changed or seen.numbers.added or seen.cues[ChangeKind.NEGATION].all() or roles_swapped(seen.before, seen.now, seen.words)
    if unsaid or is_another(seen) or not coverage.is_full(FULL):
        return Verdict(Novelty.NEW, seen.alike)
    words = word_changes(seen.before, seen.now, seen.words)
    return Verdict(Novelty.REPEATED, seen.alike, tuple(words.changes))


def moved_values(seen: PairDiff, coverage: Coverage) -> list[Change]:
    """Return the changes of a value: a figure of the same slot, a negation, an opposite, another version."""
    moved = [
        change
        for change, (old, new) in zip(seen.numbers.changed, seen.numbers.moved, strict=True)
        if is_same_slot(seen.before, old, seen.now, new)
    ]
    if coverage.is_full(MOST):
        moved += [*seen.cues[ChangeKind.NEGATION].all(), *opposites(seen), *replaced_identifiers(seen.before, seen.now)]
        moved += [*roles_swapped(seen.before, seen.now, seen.words)]
    return moved


def moved_dates(seen: PairDiff, published: tuple[Moment, Moment] | None) -> list[Change]:
    """Return the dates that replace others if all else is the same: a correction, or a date in the future that moved.

    A day after the earlier claim appeared is another event: the next of its kind.
    """
    if seen.words.removed or seen.words.added or seen.numbers.all() or not seen.dates.changed:
        return []
    if published is None or is_foretold(seen.now, published[1]) or not is_after(seen.now, published):
        return list(seen.dates.changed)
    return []


def is_foretold(now: ClaimAnalysis, at: Moment) -> bool:
    """Whether a claim is about a day after its publication."""
    return any(first > publication_day(at) for first, _ in event_days(now, at))


def is_after(now: ClaimAnalysis, published: tuple[Moment, Moment]) -> bool:
    """Whether a claim is about a day after the publication of the earlier claim."""
    return any(first > publication_day(published[0]) for first, _ in event_days(now, published[1]))


def is_another(seen: PairDiff) -> bool:
    """Whether the claim is about one more thing of a kind: "another", "one more"."""
    return read_statement(seen.now).is_additional and not read_statement(seen.before).is_additional


def strange(seen: PairDiff) -> bool:
    """Whether the claims share no name and one has a place that the other lacks."""
    if shared_names(seen):
        return False
    return any(unit.kind is PLACE for unit in (*seen.words.removed, *seen.words.added))


def anchored(seen: PairDiff) -> bool:
    """Whether the claims state the same day and share ANCHORS names."""
    days = bool(seen.before.dates and seen.now.dates) and not (seen.dates.removed or seen.dates.added)
    return days and shared_names(seen) >= ANCHORS


def shared_names(seen: PairDiff) -> int:
    """Return the number of names and places that the claims share."""
    return len(list(names_in_both(seen.before, seen.now)))


def names_in_both(one: ClaimAnalysis, other: ClaimAnalysis) -> Iterator[ContentTerm]:
    """Yield the names and places of one claim that are also in the other."""
    return (unit for key, unit in one.terms.items() if unit.kind is not WORDING and key in other.terms)


def figures(seen: PairDiff) -> list[Change]:
    """Find dates and names with digits that replace other figures: "300 cases" → "1999 cases", "F-16" → "F-35"."""
    lost = [*seen.numbers.removed, *seen.dates.removed]
    gained = [*seen.dates.added]
    lost += [Change(ChangeKind.NAME, quote_terms(seen.before, (u,)), "") for u in seen.words.removed if has_digits(u)]
    gained += [Change(ChangeKind.NAME, "", quote_terms(seen.now, (u,))) for u in seen.words.added if has_digits(u)]
    return [Change(new.kind, old.before, new.after) for old, new in zip(lost, gained, strict=False)]


def has_digits(unit: ContentTerm) -> bool:
    """Whether a term is a name with digits; an identifier is none, because it is replaced by one of its kind only."""
    return bool(unit.word.digits) and not is_identifier(unit)


def is_identifier(unit: ContentTerm) -> bool:
    return unit.key.startswith(IDENTIFIER_PREFIX)


def others(seen: PairDiff) -> list[Change]:
    """Find places that replace each other; also other names, if no other word was replaced."""
    sides = [
        [unit for unit in side if unit.word.folded not in WEAK_WORDS and not is_identifier(unit)]
        for side in (seen.words.removed, seen.words.added)
    ]
    kinds = [{unit.kind for unit in side} for side in sides]
    found = []
    both = kinds[0] & kinds[1]
    for kind in (ChangeKind.PLACE, ChangeKind.NAME):
        if kind not in both or (kind is ChangeKind.NAME and ChangeKind.WORDING in both):
            continue
        old = distinct_names(sides[0], kind, seen.before, seen.now)
        new = distinct_names(sides[1], kind, seen.now, seen.before)
        pairs = zip(old, new, strict=False)
        found += [Change(kind, quote_terms(seen.before, (a,)), quote_terms(seen.now, (b,))) for a, b in pairs]
    return found


def distinct_names(
    units: Sequence[ContentTerm], kind: ChangeKind, reading: ClaimAnalysis, other: ClaimAnalysis
) -> list[ContentTerm]:
    """Return the terms of one kind, except parts of a fuller form of a shared name ("Maria" of "Maria Silva")."""
    spans = map(reading.span, names_in_both(reading, other))
    edges = {edge for start, end in spans for edge in (start - 1, end + 1)}
    return [unit for unit in units if unit.kind is kind and edges.isdisjoint(reading.span(unit))]


def opposites(seen: PairDiff) -> list[Change]:
    """Find words that are replaced by their opposites."""
    lost = {unit.word.stem: unit for unit in seen.words.removed}
    gained = {unit.word.stem: unit for unit in seen.words.added}
    return [
        Change(ChangeKind.ANTONYM, quote_terms(seen.before, (lost[one],)), quote_terms(seen.now, (gained[other],)))
        for one, other in find_opposites(lost, gained)
    ]
