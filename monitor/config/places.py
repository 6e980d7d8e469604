"""Where the keys of a TOML file stand: tomllib says what a file holds, this says at which line and column.

Meant for text that tomllib has already accepted, so that anything odd here is only a missing position.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]

_BLANK = re.compile(r"[ \t]*")
_FILL = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_PLAIN = re.compile(r"[^,\]}\r\n#]*")
_STRINGS = (
    re.compile(r'"""(?:\\.|[^\\])*?"""(?:"{0,2})', re.DOTALL),
    re.compile(r"'''.*?'''(?:'{0,2})", re.DOTALL),
    re.compile(r'"(?:\\.|[^"\\\n])*"'),
    re.compile(r"'[^'\n]*'"),
)


class Place(NamedTuple):
    """Offsets of a key and of its value; a table's header, or an element of a list, is both."""

    key: int
    value: int


class Places:
    """The positions in one file. `key` and `value` give (line, column), counted from 1.

    A path that the file does not hold stands where its nearest parent does, and at 1:1 without one.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._found = _Scan(text).run()

    def __contains__(self, path: KeyPath) -> bool:
        return path in self._found

    def key(self, path: KeyPath) -> tuple[int, int]:
        return self._at(path, lambda place: place.key)

    def value(self, path: KeyPath) -> tuple[int, int]:
        return self._at(path, lambda place: place.value)

    def _at(self, path: KeyPath, side: Callable[[Place], int]) -> tuple[int, int]:
        while path and path not in self._found:
            path = path[:-1]
        offset = side(self._found[path]) if path else 0
        return self._text.count("\n", 0, offset) + 1, offset - self._text.rfind("\n", 0, offset)


class _Scan:
    """One pass over the text; `found` grows as keys are met."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[KeyPath, Place] = {}
        self.lengths: dict[KeyPath, int] = {}

    def run(self) -> dict[KeyPath, Place]:
        table: KeyPath = ()
        before = -1
        self.skip(_FILL)
        while before < self.at < len(self.text):
            before = self.at
            if self.text[self.at] == "[":
                table = self.header()
            else:
                self.pair(table)
            self.skip(_FILL)
        return self.found

    def skip(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if found is None:
            return ""
        self.at = found.end()
        return found[0]

    def take(self, mark: str) -> bool:
        taken = self.text.startswith(mark, self.at)
        self.at += len(mark) if taken else 0
        return taken

    def header(self) -> KeyPath:
        start = self.at
        many = self.take("[[")
        if not many:
            self.take("[")
        path: KeyPath = ()
        names = self.names()
        for index, (name, _) in enumerate(names):
            path = (*path, name)
            last = index == len(names) - 1
            if many and last:
                self.lengths[path] = self.lengths.get(path, 0) + 1
            self.found.setdefault(path, Place(start, start))
            if path in self.lengths:
                path = (*path, self.lengths[path] - 1)
        self.found[path] = Place(start, start)
        self.take("]]" if many else "]")
        return path

    def names(self) -> list[tuple[str, int]]:
        """The parts of a dotted key, each with its offset."""
        parts = []
        while True:
            self.skip(_BLANK)
            start = self.at
            parts.append((self.name(), start))
            self.skip(_BLANK)
            if not self.take("."):
                return parts

    def name(self) -> str:
        if self.text.startswith(('"', "'"), self.at):
            return _unquoted(self.string())
        return self.skip(_BARE)

    def string(self) -> str:
        return next((found for found in map(self.skip, _STRINGS) if found), "")

    def pair(self, table: KeyPath) -> None:
        names = self.names()
        self.take("=")
        self.skip(_BLANK)
        path = table
        for name, start in names:
            path = (*path, name)
            self.found.setdefault(path, Place(start, self.at))
        self.one_value(path)

    def one_value(self, path: KeyPath) -> None:
        if self.take("["):
            self.elements(path)
        elif self.take("{"):
            self.inline(path)
        elif not self.string():
            self.skip(_PLAIN)

    def elements(self, path: KeyPath) -> None:
        def element(index: int) -> None:
            self.found[(*path, index)] = Place(self.at, self.at)
            self.one_value((*path, index))

        self.members("]", element)

    def inline(self, path: KeyPath) -> None:
        self.members("}", lambda _: self.pair(path))

    def members(self, end: str, member: Callable[[int], None]) -> None:
        """Every member up to the closing mark; stops where it no longer moves on."""
        index, before = 0, -1
        self.skip(_FILL)
        while before < self.at < len(self.text) and not self.take(end):
            before = self.at
            member(index)
            self.skip(_FILL)
            self.take(",")
            self.skip(_FILL)
            index += 1


def _unquoted(name: str) -> str:
    return str(tomllib.loads(f"name = {name}")["name"])
