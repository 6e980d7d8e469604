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
from monitor.text.facts.tokens import tokenize
from monitor.text.facts.word_phrases import find_phrases, phrase_table
from monitor.text.lexicon.speech import ADDITIONAL, RELATIVE_DAYS

STATEMENT_CACHE_SIZE = 2_048  # each keeps its analysis in memory
CLAUSE_MARKS = frozenset(",;:—–()")
CLAUSE_WORDS = frozenset(
    "and but while which who whose whom after before because although though when where as that despite including "
    "та й і але який яка яке які після тому коли и но который которая которое которые после потому когда".split()
)
CLAUSE_BREAKS = CLAUSE_MARKS | CLAUSE_WORDS
ADDITIONAL_TABLE = phrase_table(ADDITIONAL)
DAYS_BY_PHRASE = {tuple(phrase.split()): days for days, phrases in RELATIVE_DAYS.items() for phrase in phrases}
RELATIVE_DAY_TABLE = phrase_table(phrase for phrases in RELATIVE_DAYS.values() for phrase in phrases)


class Statement(NamedTuple):
    """The parts of a claim.

    `void` are the keys of the terms that only attribute it or give a relative day. `clauses` has the keys of the
    other terms by clause. `dates` are those of the events, and `relative_days` the first and last day of each
    "yesterday", in days from the day of publication. `is_additional` marks one more thing of a kind ("another").
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
    words = [token.word.folded for token in tokens]
    attributions = [(tokens[first].start, tokens[end - 1].end) for first, end in find_attributions(tokens)]
    days = list(find_phrases(words, RELATIVE_DAY_TABLE))
    void_spans = [*attributions, *((tokens[day.first].start, tokens[day.end - 1].end) for day in days)]
    terms = list(zip(analysis.terms, analysis.spans[::2], strict=True))
    void = frozenset(key for key, start in terms if _is_inside(start, void_spans)) if void_spans else frozenset()
    breaks = [token.start for token, word in zip(tokens, words, strict=True) if word in CLAUSE_BREAKS]
    return Statement(
        void=void,
        clauses=split_clauses([term for term in terms if term[0] not in void], breaks),
        dates=tuple(date for date in analysis.dates if not _is_inside(date.start, attributions)),
        relative_days=tuple(
            DAYS_BY_PHRASE[day.words] for day in days if not _is_inside(tokens[day.first].start, attributions)
        ),
        is_additional=any(find_phrases(words, ADDITIONAL_TABLE)),
    )


def split_clauses(terms: Sequence[tuple[str, int]], breaks: Sequence[int]) -> tuple[tuple[str, ...], ...]:
    """Group the keys of terms, given with their offsets in order, by the clause they are in."""
    clauses: list[list[str]] = [[]]
    left = iter(breaks)
    next_break = next(left, None)
    for key, start in terms:
        if next_break is not None and next_break < start:
            clauses.append([])
            while next_break is not None and next_break < start:
                next_break = next(left, None)
        clauses[-1].append(key)
    return tuple(tuple(clause) for clause in clauses if clause)


def _is_inside(offset: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= offset < end for start, end in spans)
