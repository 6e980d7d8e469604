"""What a sentence states, apart from who said so: its clauses, and the days of its events.

Computed for claims that share enough words with another claim to be judged, once for each analysis.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from monitor.text.analysis import MAX_ANALYZED_CHARS, ClaimAnalysis
from monitor.text.facts.attribution import find_attributions
from monitor.text.facts.dates import Date
from monitor.text.facts.tokens import Token, fold_word, tokenize
from monitor.text.lexicon.speech import ADDITIONAL, RELATIVE_DAYS

STATEMENT_CACHE_SIZE = 8_192
CLAUSE_MARKS = frozenset(",;:—–()")
CLAUSE_WORDS = frozenset(
    "and but while which who whose whom after before because although though when where as that despite including "
    "та й і але який яка яке які після тому коли и но который которая которое которые после потому когда".split()
)
PHRASES_BY_FIRST_WORD: dict[str, list[tuple[tuple[str, ...], tuple[int, int]]]] = {}
for _phrase, _days in RELATIVE_DAYS.items():
    _folded = tuple(fold_word(word) for word in _phrase)
    PHRASES_BY_FIRST_WORD.setdefault(_folded[0], []).append((_folded, _days))


class Statement(NamedTuple):
    """The parts of a claim.

    `void` are the keys of the terms that only attribute it or give a relative day. `clauses` has the keys of the
    other terms by clause. `dates` are those of the events, and `relative_days` the first and last day of each
    relative day, in days from the day of publication.
    """

    void: frozenset[str]
    clauses: tuple[tuple[str, ...], ...]
    dates: tuple[Date, ...]
    relative_days: tuple[tuple[int, int], ...]
    is_additional: bool


@lru_cache(maxsize=STATEMENT_CACHE_SIZE)
def read_statement(analysis: ClaimAnalysis) -> Statement:
    """Return the parts of a claim."""
    tokens = tokenize(analysis.text[:MAX_ANALYZED_CHARS])
    void = [(tokens[first].start, tokens[end - 1].end) for first, end in find_attributions(tokens)]
    relative_days = []
    day_spans = []
    for start, end, days in find_relative_days(tokens):
        day_spans.append((start, end))
        if not _is_inside(start, void):
            relative_days.append(days)
    terms = list(zip(analysis.terms, analysis.spans[::2], strict=True))
    all_void = [*void, *day_spans]
    void_keys = frozenset(key for key, start in terms if _is_inside(start, all_void))
    breaks = [token.start for token in tokens if token.word.folded in CLAUSE_MARKS or token.word.folded in CLAUSE_WORDS]
    return Statement(
        void=void_keys,
        clauses=split_clauses([(key, start) for key, start in terms if key not in void_keys], breaks),
        dates=tuple(date for date in analysis.dates if not _is_inside(date.start, void)),
        relative_days=tuple(relative_days),
        is_additional=any(_has_phrase(tokens, phrase) for phrase in ADDITIONAL),
    )


def find_relative_days(tokens: Sequence[Token]) -> list[tuple[int, int, tuple[int, int]]]:
    """Return [start, end) in the text and the days of every "yesterday", "last night" …"""
    found = []
    for index, token in enumerate(tokens):
        for phrase, days in PHRASES_BY_FIRST_WORD.get(token.word.folded, ()):
            last = index + len(phrase)
            if tuple(other.word.folded for other in tokens[index:last]) == phrase:
                found.append((token.start, tokens[last - 1].end, days))
                break
    return found


def split_clauses(terms: Sequence[tuple[str, int]], breaks: Sequence[int]) -> tuple[tuple[str, ...], ...]:
    """Group the keys of terms, given with their offsets, by the clause they are in."""
    clauses: list[list[str]] = [[]]
    left = list(breaks)
    for key, start in sorted(terms, key=lambda term: term[1]):
        if left and left[0] < start:
            clauses.append([])
            while left and left[0] < start:
                left.pop(0)
        clauses[-1].append(key)
    return tuple(tuple(clause) for clause in clauses if clause)


def _has_phrase(tokens: Sequence[Token], phrase: tuple[str, ...]) -> bool:
    words = [token.word.folded for token in tokens]
    return any(tuple(words[at : at + len(phrase)]) == phrase for at in range(len(words)))


def _is_inside(offset: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= offset < end for start, end in spans)
