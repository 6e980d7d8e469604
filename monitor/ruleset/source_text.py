"""A file's text and the way back from an offset, even one inside a folded query, to line and column."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path

from monitor.errors import Problem
from monitor.ruleset.query.faults import SyntaxFault
from monitor.ruleset.yaml_tree import YamlText

ESCAPE_DIGITS = {"x": 2, "u": 4, "U": 8}  # hexadecimal digits after \x, \u and \U


@dataclass(frozen=True, slots=True)
class SourceText:
    """The text of one file."""

    path: Path
    text: str
    line_starts: list[int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        line_starts = [0, *(offset + 1 for offset, letter in enumerate(self.text) if letter == "\n")]
        object.__setattr__(self, "line_starts", line_starts)

    def line_and_column(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, from 1."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def to_problem(self, fault: SyntaxFault, scalar: YamlText | None = None) -> Problem:
        """The fault with its place; `inside` is the scalar whose value its offset counts in, if it is one."""
        offset = fault.offset if scalar is None else self.file_offset(scalar, fault.offset)
        return Problem(self.path, *self.line_and_column(offset), fault.message, fault.warning)

    def file_offset(self, scalar: YamlText, offset: int) -> int:
        """Where character `offset` of a scalar's value stands in the file, whatever YAML folded or unescaped."""
        position = self._content_start(scalar)
        for letter in scalar.value[: offset + 1]:
            if letter.isspace():
                continue
            position = self._skip_blanks(position, scalar)
            last_position, position = position, position + self._spelled_width(position, scalar)
        return last_position if scalar.value[: offset + 1].strip() else position

    def _content_start(self, scalar: YamlText) -> int:
        """Where a scalar's characters begin: after its quote, or after the line of its `>-`."""
        if scalar.style in ("|", ">"):
            return self.text.find("\n", scalar.offset) + 1
        return scalar.offset + (1 if scalar.style in ("'", '"') else 0)

    def _skip_blanks(self, position: int, scalar: YamlText) -> int:
        """Past blanks and what stands for a blank."""
        while position < len(self.text):
            if self.text[position].isspace():
                position += 1
            elif scalar.style == '"' and self.text[position] == "\\" and self.text[position + 1] in "\n tnr":
                position += 2
            else:
                break
        return position

    def _spelled_width(self, position: int, scalar: YamlText) -> int:
        """How many characters of the file spell the one at `at`."""
        if scalar.style == '"' and self.text[position : position + 1] == "\\":
            return 2 + ESCAPE_DIGITS.get(self.text[position + 1], 0)
        return 2 if scalar.style == "'" and self.text[position : position + 2] == "''" else 1
