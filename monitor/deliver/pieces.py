"""A claim cut into pieces for the eye: the words that met the rule, and an inline diff against what was said.

Pieces carry the words as they stand, so a template can only decorate and never change what was said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz.distance import LCSseq

# A figure written in groups, as "12 000", is one word.
_WORD = re.compile(r"\d{1,3}(?:\s\d{3})+(?!\d)\S*|\S+")

State = Literal["same", "old", "new"]
MOST_MATCHED = 50
MOST_MARKS = 20  # in one claim; more would mark nothing out
MOST_WORDS = 400
MOST_PIECES = 40
READABLE = 0.4  # with less in common, two sentences one under the other read better than a diff


@dataclass(frozen=True, slots=True)
class Piece:
    """Some characters in a row; `matched` if they met the rule, `state` if they are part of a diff.

    Marked pieces follow each other directly, those of a diff with a blank between.
    """

    text: str
    matched: bool = False
    state: State = "same"


def marked(text: str, matched: Sequence[str]) -> tuple[Piece, ...]:
    """The text in pieces, those that met the rule marked, wherever they stand as whole words."""
    words = sorted({words for words in matched if words}, key=len, reverse=True)[:MOST_MATCHED]
    if not words:
        return (Piece(text),)
    anyone = "|".join(re.escape(word) for word in words)
    parts = re.split(rf"(?<!\w)({anyone})(?!\w)", text, maxsplit=MOST_MARKS)
    return tuple(Piece(part, matched=index % 2 == 1) for index, part in enumerate(parts) if part)


def word_diff(before: str, after: str) -> tuple[Piece, ...] | None:
    """What went and what came, word by word, in the order of reading; None where a diff would not be readable."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    if not old or not new or max(len(old), len(new)) > MOST_WORDS:
        return None
    steps = list(_steps(old, new))
    kept = sum(len(_WORD.findall(text)) for state, text in steps if state == "same")
    if kept < READABLE * max(len(old), len(new)):
        return None
    pieces = tuple(Piece(text, state=state) for state, text in _ordered(steps))
    return pieces if len(pieces) <= MOST_PIECES else None


def _steps(old: list[str], new: list[str]) -> Iterator[tuple[State, str]]:
    # Words are compared without case and outer punctuation, so "Kursk." and "Kursk" are one word.
    opcodes = LCSseq.opcodes([_bare(word) for word in old], [_bare(word) for word in new])
    for code in opcodes:
        went = " ".join(old[code.src_start : code.src_end])
        came = " ".join(new[code.dest_start : code.dest_end])
        if code.tag == "equal":
            yield "same", came
            continue
        if went:
            yield "old", went
        if came:
            yield "new", came


def _bare(word: str) -> str:
    return word.strip(".,;:!?\"'()[]«»“”„’").casefold() or word


def _ordered(steps: list[tuple[State, str]]) -> Iterator[tuple[State, str]]:
    """Between two unchanged stretches, everything old before everything new, however it was interleaved."""
    old: list[str] = []
    new: list[str] = []
    for index, (state, text) in enumerate(steps):
        if state == "same" and not _island(steps, index):
            yield from _flush(old, new)
            yield "same", text
        else:
            old += [text] if state != "new" else []
            new += [text] if state != "old" else []
    yield from _flush(old, new)


def _island(steps: list[tuple[State, str]], index: int) -> bool:
    """A word or two of up to three letters, unchanged between changes: "of", "in the" only break the reading."""
    words = steps[index][1].split()
    return 0 < index < len(steps) - 1 and len(words) <= 2 and all(len(word) <= 3 for word in words)


def _flush(old: list[str], new: list[str]) -> Iterator[tuple[State, str]]:
    if old:
        yield "old", " ".join(old)
    if new:
        yield "new", " ".join(new)
    old.clear()
    new.clear()
