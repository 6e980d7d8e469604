"""Finds the line and column of each key and value of a TOML file, which tomllib does not report.

It expects text that tomllib has accepted; at worst a position is missing.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]

_BLANK_PATTERN = re.compile(r"[ \t]*")
_FILLER_PATTERN = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_BARE_KEY_PATTERN = re.compile(r"[A-Za-z0-9_-]+")
_PLAIN_VALUE_PATTERN = re.compile(r"[^,\]}\r\n#]*")
_STRING_PATTERNS = (
    re.compile(r'"""(?:\\.|[^\\])*?"""(?:"{0,2})', re.DOTALL),
    re.compile(r"'''.*?'''(?:'{0,2})", re.DOTALL),
    re.compile(r'"(?:\\.|[^"\\\n])*"'),
    re.compile(r"'[^'\n]*'"),
)


class KeyOffsets(NamedTuple):
    """Offsets of a key and of its value; a table's header, or an element of a list, is both."""

    key: int
    value: int


class TomlPositions:
    """The positions in one file, as (line, column) from 1.

    A path that is not in the file has the position of its nearest parent, or 1:1.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._offsets = _PositionScanner(text).scan()

    def __contains__(self, path: KeyPath) -> bool:
        return path in self._offsets

    def key_position(self, path: KeyPath) -> tuple[int, int]:
        return self._position(path, lambda offsets: offsets.key)

    def value_position(self, path: KeyPath) -> tuple[int, int]:
        return self._position(path, lambda offsets: offsets.value)

    def _position(self, path: KeyPath, side: Callable[[KeyOffsets], int]) -> tuple[int, int]:
        while path and path not in self._offsets:
            path = path[:-1]
        offset = side(self._offsets[path]) if path else 0
        return self._text.count("\n", 0, offset) + 1, offset - self._text.rfind("\n", 0, offset)


class _PositionScanner:
    """Scans the text once and collects the offsets of keys and values."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.offset = 0
        self.offsets: dict[KeyPath, KeyOffsets] = {}
        self.array_lengths: dict[KeyPath, int] = {}

    def scan(self) -> dict[KeyPath, KeyOffsets]:
        table: KeyPath = ()
        previous_offset = -1
        self.skip_match(_FILLER_PATTERN)
        while previous_offset < self.offset < len(self.text):
            previous_offset = self.offset
            if self.text[self.offset] == "[":
                table = self.read_header()
            else:
                self.read_pair(table)
            self.skip_match(_FILLER_PATTERN)
        return self.offsets

    def skip_match(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.offset)
        if match is None:
            return ""
        self.offset = match.end()
        return match[0]

    def take_literal(self, literal: str) -> bool:
        is_present = self.text.startswith(literal, self.offset)
        self.offset += len(literal) if is_present else 0
        return is_present

    def read_header(self) -> KeyPath:
        start = self.offset
        is_array = self.take_literal("[[")
        if not is_array:
            self.take_literal("[")
        path: KeyPath = ()
        names = self.read_dotted_key()
        for index, (name, _) in enumerate(names):
            path = (*path, name)
            is_last = index == len(names) - 1
            if is_array and is_last:
                self.array_lengths[path] = self.array_lengths.get(path, 0) + 1
            self.offsets.setdefault(path, KeyOffsets(start, start))
            if path in self.array_lengths:
                path = (*path, self.array_lengths[path] - 1)
        self.offsets[path] = KeyOffsets(start, start)
        self.take_literal("]]" if is_array else "]")
        return path

    def read_dotted_key(self) -> list[tuple[str, int]]:
        """Read the parts of a dotted key, each with its offset."""
        parts = []
        while True:
            self.skip_match(_BLANK_PATTERN)
            start = self.offset
            parts.append((self.read_key_part(), start))
            self.skip_match(_BLANK_PATTERN)
            if not self.take_literal("."):
                return parts

    def read_key_part(self) -> str:
        if self.text.startswith(('"', "'"), self.offset):
            return _unquote(self.read_string())
        return self.skip_match(_BARE_KEY_PATTERN)

    def read_string(self) -> str:
        return next((match for match in map(self.skip_match, _STRING_PATTERNS) if match), "")

    def read_pair(self, table: KeyPath) -> None:
        names = self.read_dotted_key()
        self.take_literal("=")
        self.skip_match(_BLANK_PATTERN)
        path = table
        for name, start in names:
            path = (*path, name)
            self.offsets.setdefault(path, KeyOffsets(start, self.offset))
        self.read_value(path)

    def read_value(self, path: KeyPath) -> None:
        if self.take_literal("["):
            self.read_elements(path)
        elif self.take_literal("{"):
            self.read_inline_table(path)
        elif not self.read_string():
            self.skip_match(_PLAIN_VALUE_PATTERN)

    def read_elements(self, path: KeyPath) -> None:
        def read_element(index: int) -> None:
            self.offsets[(*path, index)] = KeyOffsets(self.offset, self.offset)
            self.read_value((*path, index))

        self.read_members("]", read_element)

    def read_inline_table(self, path: KeyPath) -> None:
        self.read_members("}", lambda _: self.read_pair(path))

    def read_members(self, closing_mark: str, read_member: Callable[[int], None]) -> None:
        """Read every member up to the closing mark; stop if the offset no longer advances."""
        index, previous_offset = 0, -1
        self.skip_match(_FILLER_PATTERN)
        while previous_offset < self.offset < len(self.text) and not self.take_literal(closing_mark):
            previous_offset = self.offset
            read_member(index)
            self.skip_match(_FILLER_PATTERN)
            self.take_literal(",")
            self.skip_match(_FILLER_PATTERN)
            index += 1


def _unquote(name: str) -> str:
    return str(tomllib.loads(f"name = {name}")["name"])
