"""A file's text and the way back from an offset, even one inside a folded query, to line and column."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path

from monitor.errors import Problem
from monitor.ruleset.faults import Fault
from monitor.ruleset.yamltree import Text

ESCAPES = {"x": 2, "u": 4, "U": 8}  # hexadecimal digits after \x, \u and \U


@dataclass(frozen=True, slots=True)
class SourceText:
    """The text of one file."""

    path: Path
    text: str
    starts: list[int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        starts = [0, *(at + 1 for at, letter in enumerate(self.text) if letter == "\n")]
        object.__setattr__(self, "starts", starts)

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, from 1."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def problem(self, fault: Fault, inside: Text | None = None) -> Problem:
        """The fault with its place; `inside` is the scalar whose value its offset counts in, if it is one."""
        offset = fault.offset if inside is None else self.offset_in(inside, fault.offset)
        return Problem(self.path, *self.place(offset), fault.message, fault.warning)

    def offset_in(self, scalar: Text, offset: int) -> int:
        """Where character `offset` of a scalar's value stands in the file, whatever YAML folded or unescaped."""
        at = self._content(scalar)
        for letter in scalar.value[: offset + 1]:
            if letter.isspace():
                continue
            at = self._next(at, scalar)
            found, at = at, at + self._width(at, scalar)
        return found if scalar.value[: offset + 1].strip() else at

    def _content(self, scalar: Text) -> int:
        """Where a scalar's characters begin: after its quote, or after the line of its `>-`."""
        if scalar.style in ("|", ">"):
            return self.text.find("\n", scalar.offset) + 1
        return scalar.offset + (1 if scalar.style in ("'", '"') else 0)

    def _next(self, at: int, scalar: Text) -> int:
        """Past blanks and what stands for a blank."""
        while at < len(self.text):
            if self.text[at].isspace():
                at += 1
            elif scalar.style == '"' and self.text[at] == "\\" and self.text[at + 1] in "\n tnr":
                at += 2
            else:
                break
        return at

    def _width(self, at: int, scalar: Text) -> int:
        """How many characters of the file spell the one at `at`."""
        if scalar.style == '"' and self.text[at : at + 1] == "\\":
            return 2 + ESCAPES.get(self.text[at + 1], 0)
        return 2 if scalar.style == "'" and self.text[at : at + 2] == "''" else 1
