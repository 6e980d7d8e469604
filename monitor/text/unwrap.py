"""Undoes hard wrapping: joins lines that continue on the next and keeps lines that are complete statements.

A line continues if the next begins with a lower-case letter, or if it is full: the next word would not have fitted
into the width of the paragraph. Only the paragraph itself is examined, so an edit elsewhere changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

WRAP_WIDTHS = range(40, 101)  # columns at which emails and text files are wrapped
SENTENCE_END_PATTERN = re.compile(r"[.!?…:;。！？；؟۔।][\"'”’»」』)\]]*$")
WIDE_CHAR_PATTERN = re.compile(r"[\u1100-\u115f\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]")
UNSPACED_SCRIPT_PATTERN = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60]")


class TextLine(NamedTuple):
    """One line before unwrapping. An indented line continues a bullet; a hard break is intentional."""

    text: str
    is_indented: bool = False
    has_hard_break: bool = False


def unwrap(lines: Sequence[TextLine]) -> list[list[TextLine]]:
    """Group the lines of one paragraph into runs: each run is one wrapped text."""
    if len(lines) == 1:
        return [list(lines)]
    paragraph = _Paragraph.from_lines(lines)
    runs = [[lines[0]]]
    for before, after in pairwise(lines):
        if paragraph.continues(before, after):
            runs[-1].append(after)
        else:
            runs.append([after])
    return runs


def join_lines(run: Sequence[TextLine]) -> str:
    """Join a run into one line, without spaces for scripts that write none."""
    parts = [run[0].text]
    for before, after in pairwise(run):
        is_unspaced = UNSPACED_SCRIPT_PATTERN.match(before.text[-1:]) and UNSPACED_SCRIPT_PATTERN.match(after.text)
        parts += (after.text,) if is_unspaced else (" ", after.text)
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """Properties of a paragraph's lines together: width, capitalization and final punctuation."""

    width: int
    ends_with_punctuation: bool
    has_lowercase_line: bool
    is_all_lowercase: bool

    @classmethod
    def from_lines(cls, lines: Sequence[TextLine]) -> _Paragraph:
        return cls(
            width=max(display_width(line.text) for line in lines),
            ends_with_punctuation=bool(SENTENCE_END_PATTERN.search(lines[-1].text)),
            has_lowercase_line=any(line.text[:1].islower() for line in lines[1:]),
            is_all_lowercase=all(line.text[:1].islower() for line in lines),
        )

    def continues(self, before: TextLine, after: TextLine) -> bool:
        if before.has_hard_break or after.is_indented:
            return not before.has_hard_break
        has_ended = bool(SENTENCE_END_PATTERN.search(before.text))
        is_full = self._is_full(before, after)
        if after.text[:1].islower() and not self.is_all_lowercase:
            return is_full or not has_ended
        return is_full and (has_ended or self.ends_with_punctuation or self.has_lowercase_line)

    def _is_full(self, before: TextLine, after: TextLine) -> bool:
        unspaced = UNSPACED_SCRIPT_PATTERN.match(after.text)
        word = unspaced[0] if unspaced else after.text.partition(" ")[0]
        return self.width in WRAP_WIDTHS and display_width(before.text) + 1 + display_width(word) > self.width


def display_width(text: str) -> int:
    """Return the width in columns of fixed-pitch text; Chinese, Japanese and Korean characters take two."""
    return len(text) if text.isascii() else len(text) + len(WIDE_CHAR_PATTERN.findall(text))
