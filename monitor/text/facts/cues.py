"""Words that turn or weaken a claim: "not", "denied", "may", "very likely", "all but", "most of", "only".

A cue is read with the words it governs, so that a "not" that moves to another verb is seen to move.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from monitor.model import Kind
from monitor.text.lexicon.cues import BOOSTERS, HEDGES, SCOPES
from monitor.text.tokens import CALENDAR, FIGURE, HEDGE, NEGATION, SCOPE, STOP, SYMBOL, Token

GOVERNED = 3  # content words after a cue that it is taken to govern
MODALS = frozenset("will can should may would could might must shall do does did".split())


class Cue(NamedTuple):
    """One cue: `kind` negation, certainty or scope; `value` what equal cues share; `over` keys it governs."""

    kind: Kind
    value: str
    over: tuple[str, ...]
    start: int
    end: int


def find(tokens: Sequence[Token], taken: set[int]) -> list[Cue]:
    """Every cue among `tokens`; adds the indexes it uses to `taken`."""
    found = []
    for index, token in enumerate(tokens):
        if not token.word.marks & (NEGATION | HEDGE | SCOPE) or index in taken:
            continue
        kind, value, first, last = _read(tokens, index)
        if value:
            taken.update(range(first, last))
            over = governed(tokens[last:]) or governed(tokens[:first][::-1])
            found.append(Cue(kind, value, over, tokens[first].start, tokens[last - 1].end))
    return found


def _read(tokens: Sequence[Token], index: int) -> tuple[Kind, str, int, int]:
    marks = tokens[index].word.marks
    if marks & NEGATION:
        return Kind.NEGATION, _negation(tokens, index), index, index + 1
    if marks & HEDGE:
        return _hedge(tokens, index)
    return _scope(tokens, index)


def _fold(tokens: Sequence[Token], index: int) -> str:
    return tokens[index].word.fold if 0 <= index < len(tokens) else ""


def _negation(tokens: Sequence[Token], index: int) -> str:
    """ "not", or nothing for a "yet" that is not "yet to"."""
    return "" if _fold(tokens, index) == "yet" and _fold(tokens, index + 1) != "to" else "not"


def _hedge(tokens: Sequence[Token], index: int) -> tuple[Kind, str, int, int]:
    value, first = HEDGES[_fold(tokens, index)], index
    if _fold(tokens, index - 1) in BOOSTERS:
        value, first = f"{_fold(tokens, index - 1)} {value}", index - 1
    return Kind.CERTAINTY, value, first, index + 1


def _scope(tokens: Sequence[Token], index: int) -> tuple[Kind, str, int, int]:
    fold, following = _fold(tokens, index), _fold(tokens, index + 1)
    if fold == "all" and following in ("but", "except"):
        return Kind.SCOPE, "all but", index, index + 2
    if fold == "few" and _fold(tokens, index - 1) == "a":
        return Kind.SCOPE, "some", index - 1, index + 1
    if fold == "most" and following not in ("of", "the") and not following.endswith("s"):
        return Kind.SCOPE, "", index, index
    return Kind.SCOPE, SCOPES[fold], index, index + 1


def governed(tokens: Sequence[Token]) -> tuple[str, ...]:
    """Keys of the first content words among `tokens`, which a cue beside them governs."""
    keys: list[str] = []
    for token in tokens:
        word = token.word
        if word.marks & SYMBOL and word.fold in ".;:!?," and keys:
            break
        if word.fold in MODALS or word.marks & (STOP | SYMBOL | FIGURE | CALENDAR | NEGATION):
            continue
        keys.append(word.key)
        if len(keys) == GOVERNED:
            break
    return tuple(keys)
