"""Finds the parts of a sentence that only attribute it: "The ministry said on Monday that", ", officials say"."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from monitor.text.facts.tokens import CALENDAR, NUMERAL, SYMBOL, Token
from monitor.text.lexicon.speech import (
    ACCORDING,
    CONDITIONAL_VERBS,
    SPEECH_MODIFIERS,
    SPEECH_VERBS,
    SUBORDINATORS,
)

MAX_THAT_LEAD = 24  # tokens up to "that"
MAX_LEAD = 8  # tokens up to the verb if no "that" follows
MAX_TAIL = 10  # tokens after the comma
MIN_STATEMENT = 4  # tokens that the statement itself has at least
CLAUSE_MARKS = frozenset(",;:.!?—–\"”“«»")
NOT_AFTER_VERB = frozenset(
    "to by of on in for with from about against as during near after before since until over under between through "
    ". , ; : ! ? - – — \" ”".split()
)
FORMS_OF_BE = frozenset("is are was were be been being".split())  # before the verb: "no damage was reported"

Span = tuple[int, int]  # indexes of tokens [first, end)


def find_attributions(tokens: Sequence[Token]) -> list[Span]:
    """Return the ranges of tokens that only say who made the statement, and when it was made."""
    words = [token.word.folded for token in tokens]
    verbs = [index for index, word in enumerate(words) if word in SPEECH_VERBS or word in CONDITIONAL_VERBS]
    spans = [_lead(tokens, words, verbs), *_asides(tokens, words, verbs), *_according(words)]
    return [span for span in spans if span and len(tokens) - (span[1] - span[0]) >= MIN_STATEMENT]


def _lead(tokens: Sequence[Token], words: Sequence[str], verbs: Sequence[int]) -> Span | None:
    """Return the attribution at the start: up to "that", or up to a verb of saying near the start."""
    for verb in verbs:
        end = verb + 1
        while end < len(tokens) and _is_modifier(tokens[end]):
            end += 1
        if end < len(tokens) and words[end] in SUBORDINATORS and end <= MAX_THAT_LEAD:
            return 0, end + 1
        following = words[verb + 1] if verb + 1 < len(words) else "."
        is_lead = 0 < verb < MAX_LEAD and words[verb] in SPEECH_VERBS and words[verb - 1] not in FORMS_OF_BE
        if is_lead and following not in NOT_AFTER_VERB:
            return None if _has_mark(words, 0, verb) else (0, verb + 1)
    return None


def _asides(tokens: Sequence[Token], words: Sequence[str], verbs: Collection[int]) -> list[Span]:
    """Return the attributions after a comma or quotation, up to the next mark."""
    spans = []
    for verb in verbs:
        if words[verb] not in SPEECH_VERBS:
            continue
        first = next((i for i in range(verb - 1, max(-1, verb - MAX_TAIL), -1) if words[i] in CLAUSE_MARKS), None)
        end = verb + 1
        while end < len(tokens) and _is_modifier(tokens[end]):
            end += 1
        if first is not None and first > 0 and (end == len(tokens) or words[end] in CLAUSE_MARKS):
            spans.append((first, end))
    return spans


def _according(words: Sequence[str]) -> list[Span]:
    """Return "according to …" up to the next mark."""
    spans = []
    for index in range(len(words)):
        for phrase in ACCORDING:
            if tuple(words[index : index + len(phrase)]) == phrase and (index == 0 or len(phrase) > 1):
                stop = index + len(phrase)
                while stop < len(words) and words[stop] not in CLAUSE_MARKS and stop < index + MAX_TAIL:
                    stop += 1
                spans.append((index, stop))
    return spans


def _is_modifier(token: Token) -> bool:
    word = token.word
    return word.folded in SPEECH_MODIFIERS or bool(word.flags & (CALENDAR | NUMERAL))


def _has_mark(words: Sequence[str], first: int, end: int) -> bool:
    return any(words[index] in CLAUSE_MARKS for index in range(first, end))
