"""Undoes hard wrapping: tells a line that runs on into the next from a line that is a statement of its own.

A line runs on when the next begins with a small letter, or when it is full: its next word would not have
fitted the width of its paragraph. Only the paragraph itself is looked at, so an edit elsewhere moves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

WRAP_WIDTHS = range(40, 101)  # columns at which mail and text files are wrapped
ENDS = re.compile(r"[.!?…:;。！？；؟۔।][\"'”’»」』)\]]*$")
WIDE = re.compile(r"[\u1100-\u115f\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]")
UNSPACED = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60]")


class Line(NamedTuple):
    """One line as it stood: `indented` continues a bullet, `broken` ends in a break that was meant."""

    text: str
    indented: bool = False
    broken: bool = False


def unwrap(lines: Sequence[Line]) -> list[list[Line]]:
    """The lines of one paragraph in runs: each run is one text that was wrapped."""
    if len(lines) == 1:
        return [list(lines)]
    paragraph = _Paragraph.of(lines)
    runs = [[lines[0]]]
    for before, after in pairwise(lines):
        if paragraph.runs_on(before, after):
            runs[-1].append(after)
        else:
            runs.append([after])
    return runs


def joined(run: Sequence[Line]) -> str:
    """The run on one line; scripts that write no spaces get none."""
    parts = [run[0].text]
    for before, after in pairwise(run):
        tight = UNSPACED.match(before.text[-1:]) and UNSPACED.match(after.text)
        parts += (after.text,) if tight else (" ", after.text)
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """What the lines of a paragraph show together: their width, and how their writer begins and ends them."""

    width: int
    punctuated: bool
    flows: bool
    all_small: bool

    @classmethod
    def of(cls, lines: Sequence[Line]) -> _Paragraph:
        return cls(
            width=max(columns(line.text) for line in lines),
            punctuated=bool(ENDS.search(lines[-1].text)),
            flows=any(line.text[:1].islower() for line in lines[1:]),
            all_small=all(line.text[:1].islower() for line in lines),
        )

    def runs_on(self, before: Line, after: Line) -> bool:
        if before.broken or after.indented:
            return not before.broken
        ended = bool(ENDS.search(before.text))
        full = self._full(before, after)
        if after.text[:1].islower() and not self.all_small:
            return full or not ended
        return full and (ended or self.punctuated or self.flows)

    def _full(self, before: Line, after: Line) -> bool:
        unspaced = UNSPACED.match(after.text)
        word = unspaced[0] if unspaced else after.text.partition(" ")[0]
        return self.width in WRAP_WIDTHS and columns(before.text) + 1 + columns(word) > self.width


def columns(text: str) -> int:
    """How wide `text` stands in a fixed pitch: Chinese, Japanese and Korean letters take two columns."""
    return len(text) if text.isascii() else len(text) + len(WIDE.findall(text))
