"""Finds the parts of a sentence that only attribute it: "The ministry said on Monday that", ", officials say"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from monitor.text.facts.tokens import CALENDAR, NUMERAL, Token
from monitor.text.facts.word_phrases import find_phrases, phrase_table
from monitor.text.lexicon.speech import (
    ACCORDING,
    CONDITIONAL_VERBS,
    REPORTING_VERBS,
    SPEECH_MODIFIERS,
    SPEECH_VERBS,
    SUBORDINATORS,
)

MAX_THAT_LEAD = 24  # tokens up to "that"
MAX_LEAD = 8  # tokens up to the verb if no "that" follows
MAX_ASIDE = 10  # tokens from the comma on
MIN_STATEMENT = 4  # tokens that the statement itself has at least
CLAUSE_MARKS = frozenset(',;:.!?—–"”“«»')
NOT_AFTER_VERB = CLAUSE_MARKS | frozenset(
    "to by of on in for with from about against as during near after before since until over under between through "
    "-".split()
)
FORMS_OF_BE = frozenset("is are was were be been being".split())  # before the verb: "no damage was reported"
LEAD_VERBS = SPEECH_VERBS - REPORTING_VERBS
ACCORDING_TABLE = phrase_table(ACCORDING)

Span = tuple[int, int]  # indexes of tokens [first, end)


def find_attributions(tokens: Sequence[Token]) -> list[Span]:
    """Return the ranges of tokens that only say who made the statement, and when it was made."""
    words = [token.word.folded for token in tokens]
    verbs = [index for index, word in enumerate(words) if word in SPEECH_VERBS or word in CONDITIONAL_VERBS]
    spans = [*_sources_named(words)]
    if verbs:
        lead = _lead(tokens, words, verbs)
        spans += [*_asides(tokens, words, verbs), *([lead] if lead else ())]
    return [span for span in spans if len(tokens) - (span[1] - span[0]) >= MIN_STATEMENT]


def _lead(tokens: Sequence[Token], words: Sequence[str], verbs: Sequence[int]) -> Span | None:
    """Return the attribution at the start: up to "that", or up to a verb of saying near the start."""
    for verb in verbs:
        end = _after_modifiers(tokens, verb + 1)
        if end < len(tokens) and words[end] in SUBORDINATORS and end <= MAX_THAT_LEAD:
            return 0, end + 1
        following = words[verb + 1] if verb + 1 < len(words) else "."
        is_lead = 0 < verb < MAX_LEAD and words[verb] in LEAD_VERBS and words[verb - 1] not in FORMS_OF_BE
        if is_lead and following not in NOT_AFTER_VERB:
            return None if CLAUSE_MARKS.intersection(words[:verb]) else (0, verb + 1)
    return None


def _asides(tokens: Sequence[Token], words: Sequence[str], verbs: Sequence[int]) -> Iterator[Span]:
    """Yield the attributions after a comma or quotation, up to the next mark."""
    for verb in (verb for verb in verbs if words[verb] in SPEECH_VERBS):
        before = range(verb - 1, max(0, verb - MAX_ASIDE), -1)
        first = next((index for index in before if words[index] in CLAUSE_MARKS), None)
        end = _after_modifiers(tokens, verb + 1)
        if first is not None and (end == len(tokens) or words[end] in CLAUSE_MARKS):
            yield first, end


def _sources_named(words: Sequence[str]) -> Iterator[Span]:
    """Yield "according to …" up to the next mark; phrases of one word only at the start."""
    for phrase in find_phrases(words, ACCORDING_TABLE):
        if phrase.first == 0 or len(phrase.words) > 1:
            rest = range(phrase.end, min(len(words), phrase.first + MAX_ASIDE))
            yield phrase.first, next((index for index in rest if words[index] in CLAUSE_MARKS), rest.stop)


def _after_modifiers(tokens: Sequence[Token], index: int) -> int:
    """Return the index after a date and words such as "also" and "on"."""
    while index < len(tokens) and _is_modifier(tokens[index]):
        index += 1
    return index


def _is_modifier(token: Token) -> bool:
    return token.word.folded in SPEECH_MODIFIERS or bool(token.word.flags & (CALENDAR | NUMERAL))
