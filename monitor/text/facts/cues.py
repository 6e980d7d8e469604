"""Words that negate, hedge or limit a claim: "not", "denied", "may", "very likely", "all but", "most of", "only".

A cue includes the words it governs, so a "not" that moves to another verb is a change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from monitor.model import ChangeKind
from monitor.text.facts.tokens import CALENDAR, HEDGE, NEGATION, NUMERAL, SCOPE, STOPWORD, SYMBOL, Token
from monitor.text.lexicon.cues import BOOSTERS, HEDGES, SCOPE_WORDS

MAX_GOVERNED_WORDS = 3  # content words after a cue
MODALS = frozenset("will can should may would could might must shall do does did".split())


class Cue(NamedTuple):
    """One cue at [start, end): its kind (negation, certainty or scope), a value that equal cues share, and the keys
    of the words it governs."""

    kind: ChangeKind
    value: str
    governed: tuple[str, ...]
    start: int
    end: int


def find_cues(tokens: Sequence[Token], used_indexes: set[int]) -> list[Cue]:
    """Return every cue among `tokens`; adds the indexes of their tokens to `used_indexes`."""
    cues = []
    for index, token in enumerate(tokens):
        if not token.word.flags & (NEGATION | HEDGE | SCOPE) or index in used_indexes:
            continue
        kind, value, first, last = _parse_cue(tokens, index)
        if value:
            used_indexes.update(range(first, last))
            keys = governed_keys(tokens[last:]) or governed_keys(tokens[:first][::-1])
            cues.append(Cue(kind, value, keys, tokens[first].start, tokens[last - 1].end))
    return cues


def _parse_cue(tokens: Sequence[Token], index: int) -> tuple[ChangeKind, str, int, int]:
    flags = tokens[index].word.flags
    if flags & NEGATION:
        return ChangeKind.NEGATION, _negation_value(tokens, index), index, index + 1
    if flags & HEDGE:
        return _parse_hedge(tokens, index)
    return _parse_scope(tokens, index)


def _folded_at(tokens: Sequence[Token], index: int) -> str:
    return tokens[index].word.folded if 0 <= index < len(tokens) else ""


def _negation_value(tokens: Sequence[Token], index: int) -> str:
    """Return "not", or "" for a "yet" that is not "yet to"."""
    return "" if _folded_at(tokens, index) == "yet" and _folded_at(tokens, index + 1) != "to" else "not"


def _parse_hedge(tokens: Sequence[Token], index: int) -> tuple[ChangeKind, str, int, int]:
    value, first = HEDGES[_folded_at(tokens, index)], index
    if _folded_at(tokens, index - 1) in BOOSTERS:
        value, first = f"{_folded_at(tokens, index - 1)} {value}", index - 1
    return ChangeKind.CERTAINTY, value, first, index + 1


def _parse_scope(tokens: Sequence[Token], index: int) -> tuple[ChangeKind, str, int, int]:
    word, following = _folded_at(tokens, index), _folded_at(tokens, index + 1)
    if word == "all" and following in ("but", "except"):
        return ChangeKind.SCOPE, "all but", index, index + 2
    if word == "few" and _folded_at(tokens, index - 1) == "a":
        return ChangeKind.SCOPE, "some", index - 1, index + 1
    if word == "most" and following not in ("of", "the") and not following.endswith("s"):
        return ChangeKind.SCOPE, "", index, index
    return ChangeKind.SCOPE, SCOPE_WORDS[word], index, index + 1


def governed_keys(tokens: Sequence[Token]) -> tuple[str, ...]:
    """Return the keys of the first content words among `tokens`, which an adjacent cue governs."""
    keys: list[str] = []
    for token in tokens:
        word = token.word
        if word.flags & SYMBOL and word.folded in ".;:!?," and keys:
            break
        if word.folded in MODALS or word.flags & (STOPWORD | SYMBOL | NUMERAL | CALENDAR | NEGATION):
            continue
        keys.append(word.key)
        if len(keys) == MAX_GOVERNED_WORDS:
            break
    return tuple(keys)
