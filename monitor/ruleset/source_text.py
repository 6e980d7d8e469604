"""The text of a file, and the line and column of an offset in it, even inside a folded query."""

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
    """The text of one file, with line starts for fast look-ups."""

    path: Path
    text: str
    line_starts: list[int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        line_starts = [0, *(offset + 1 for offset, letter in enumerate(self.text) if letter == "\n")]
        object.__setattr__(self, "line_starts", line_starts)

    def line_and_column(self, offset: int) -> tuple[int, int]:
        """Return line and column of an offset, from 1."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def to_problem(self, fault: SyntaxFault, scalar: YamlText | None = None) -> Problem:
        """Return the fault with its position; its offset counts in `scalar`, or else in the file."""
        offset = fault.offset if scalar is None else self.file_offset(scalar, fault.offset)
        return Problem(self.path, *self.line_and_column(offset), fault.message, fault.warning)

    def file_offset(self, scalar: YamlText, offset: int) -> int:
        """Return the offset in the file of a character of a scalar's value, allowing for YAML folding and escapes."""
        position = self._content_start(scalar)
        for letter in scalar.value[: offset + 1]:
            if letter.isspace():
                continue
            position = self._skip_blanks(position, scalar)
            last_position, position = position, position + self._spelled_width(position, scalar)
        return last_position if scalar.value[: offset + 1].strip() else position

    def _content_start(self, scalar: YamlText) -> int:
        """Where a scalar's characters start: after its quote, or after the line of its `>-`."""
        if scalar.style in ("|", ">"):
            return self.text.find("\n", scalar.offset) + 1
        return scalar.offset + (1 if scalar.style in ("'", '"') else 0)

    def _skip_blanks(self, position: int, scalar: YamlText) -> int:
        """Skip white space and its escapes."""
        while position < len(self.text):
            if self.text[position].isspace():
                position += 1
            elif scalar.style == '"' and self.text[position] == "\\" and self.text[position + 1] in "\n tnr":
                position += 2
            else:
                break
        return position

    def _spelled_width(self, position: int, scalar: YamlText) -> int:
        """The number of characters in the file for the one at this position."""
        if scalar.style == '"' and self.text[position : position + 1] == "\\":
            return 2 + ESCAPE_DIGITS.get(self.text[position + 1], 0)
        return 2 if scalar.style == "'" and self.text[position : position + 2] == "''" else 1
