"""Judges two claims: new, changed or repeated. Similarity says whether they speak of one thing, the facts whether
it is news.

    same words ─→ repeated
    too unlike ─→ new
    a fact moved (figure, date, name, negation, certainty, scope, opposite) ─→ changed
    nothing but wording ─→ repeated
"""

from __future__ import annotations

from monitor.compare import facts
from monitor.compare.antonyms import opposed
from monitor.compare.words import Gap, gap, similarity
from monitor.model import Change, Context, Kind, Novelty, Verdict
from monitor.text.lexicon.stops import LIGHT
from monitor.text.words import Reading, Unit

UNLIKE = {Context.REVISION: 20.0, Context.ELSEWHERE: 42.0}
RETOLD = 62.0  # elsewhere: claims this alike whose facts agree say one thing

IDENTICAL = Verdict(Novelty.REPEATED, 100.0)


def judge(before: Reading, now: Reading, context: Context) -> Verdict:
    """What `now` says that `before` did not."""
    if before.text == now.text:
        return IDENTICAL
    words = gap(before, now)
    alike = similarity(before, now, words)
    if alike < UNLIKE[context]:
        return Verdict(Novelty.NEW, alike)
    if context is Context.REVISION:
        return _revised(before, now, words, alike)
    return _retold(before, now, words, alike)


def _revised(before: Reading, now: Reading, words: Gap, alike: float) -> Verdict:
    moves = [facts.numbers(before, now, strict=True), facts.dates(before, now)]
    moves += [facts.cues(before, now, kind) for kind in (Kind.NEGATION, Kind.CERTAINTY, Kind.SCOPE)]
    changes = [change for move in moves for part in move for change in part]
    changes += worded(before, now, words)
    if any(change.kind is not Kind.WORDING for change in changes):
        return Verdict(Novelty.CHANGED, alike, tuple(changes))
    return Verdict(Novelty.REPEATED, alike, tuple(changes))


def worded(before: Reading, now: Reading, words: Gap) -> list[Change]:
    """The words that moved: opposites, names, what was added and removed; slips and light words are wording."""
    changes = [Change(Kind.WORDING, _said(before, a), _said(now, b)) for a, b in words.met]
    gained = list(words.gained)
    for unit in words.lost:
        other = next((u for u in gained if opposed(u.word.stem, unit.word.stem)), None)
        kind = Kind.ANTONYM
        if other is None:
            other = next((u for u in gained if (u.kind is Kind.WORDING) == (unit.kind is Kind.WORDING)), None)
            kind = Kind.REMOVED if other is None else _kind(other)
        if other is not None:
            gained.remove(other)
        if unit.word.fold in LIGHT and (other is None or other.word.fold in LIGHT):
            kind = Kind.WORDING
        changes.append(Change(kind, _said(before, unit), _said(now, other) if other else ""))
    for unit in gained:
        kind = Kind.WORDING if unit.word.fold in LIGHT else Kind.ADDED
        changes.append(Change(kind, "", _said(now, unit)))
    return changes


def _kind(unit: Unit) -> Kind:
    return Kind.ADDED if unit.kind is Kind.WORDING else unit.kind


def _said(reading: Reading, unit: Unit) -> str:
    return reading.text[unit.start : unit.end]


def _retold(before: Reading, now: Reading, words: Gap, alike: float) -> Verdict:
    numbers, dates = facts.numbers(before, now, strict=False), facts.dates(before, now)
    negation = facts.cues(before, now, Kind.NEGATION)
    moved = [*numbers.moved, *dates.moved, *negation.moved, *negation.gained, *negation.lost]
    moved += [
        Change(Kind.ANTONYM, _said(before, a), _said(now, b))
        for a in words.lost
        for b in words.gained
        if opposed(a.word.stem, b.word.stem)
    ]
    if moved:
        return Verdict(Novelty.CHANGED, alike, tuple(moved))
    rest = tuple(worded(before, now, words))
    return Verdict(Novelty.REPEATED if alike >= RETOLD else Novelty.CHANGED, alike, rest)
