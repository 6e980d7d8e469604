"""Puts together the text of one line from the pieces between its inline tags.

To a browser, adjacent elements without white space between them are one word, unless a style sheet separates them.
Style sheets are not read, so tags and letters decide: a word or an address that is cut by tags is made whole, and
elements that are words of their own (links of a menu, tags, a figure and its unit) get a space. Where one element
ends and another begins between two letters or digits:

- only elements that mark up running text continue each other: `<b>`, `<i>`, `<span>` and the like, or the parts of
  one link, which have the same target; an empty element with a class (an icon) separates them;
- in an address (`://`, `www.`, `@`) they always do;
- elements that are alike and have a class are a list, as are three or more without attributes;
- a piece that begins with a capital letter, or a digit on either side, is a word of its own.

What touches a single tag (`Krem<b>lin</b>`) is one word, as is what only a `<wbr>` or a soft hyphen divides.
"""

from __future__ import annotations

import re
from typing import TypeAlias

INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data dfn em font i ins kbd label mark nobr output q rp rt ruby samp "
    "small span strong sub sup time tt u var".split()
)
RUNNING_TEXT = frozenset("b em font i ins mark nobr span strong tt u".split())
ADDRESS_PATTERN = re.compile(r"://|www\.|@")
TARGET_PATTERN = re.compile(r"""\bhref\s*=\s*["']?(?!#|javascript:)([^\s"'>]+)""", re.IGNORECASE)
SEPARATOR = ("", "")  # in place of an element
MAX_WORD_PIECES = 8  # pieces in which the beginning of an address is looked for


_Tag: TypeAlias = tuple[str, str]  # name and attributes, as written


class InlineText:
    """The open line. `ended` and `began` are the elements that touch at the end of its last piece."""

    def __init__(self) -> None:
        self._begin_line()

    def _begin_line(self) -> None:
        self.pieces: list[str] = []
        self.open_tags: list[_Tag] = []
        self.ended: _Tag | None = None
        self.began: _Tag | None = None
        self.like_sibling = -1  # index of the last piece whose element is like the one before it

    def text(self, text: str) -> None:
        if self.began and self.pieces and text[:1].isalnum() and self.pieces[-1][-1:].isalnum():
            text = text if self._continues_word(text) else f" {text}"
        self.ended = self.began = None
        self.pieces.append(text)

    def open(self, name: str, attributes: str = "") -> None:
        if name == "wbr":
            self.pieces.append("")  # no letter for the next one to touch
            return
        if name in INLINE:
            self.open_tags.append((name, attributes))
            if not self.ended:
                return
        if not self.began:
            self.began = (name, attributes)

    def close(self, name: str) -> None:
        """Note the end of an inline element."""
        tag = (name, "")
        while self.open_tags:
            tag = self.open_tags.pop()
            if tag[0] == name:
                break
        if not self.began:
            self.ended = tag
        elif "class" in tag[1]:
            self.began = SEPARATOR

    def take(self) -> str:
        """Return the line and begin the next one."""
        line = "".join(self.pieces)
        self._begin_line()
        return line

    def _continues_word(self, text: str) -> bool:
        ended, began = self.ended, self.began
        if not (ended and began and _is_running_text(ended, began)):
            return False
        words = "".join(self.pieces[-MAX_WORD_PIECES:]).split()
        if ADDRESS_PATTERN.search(words[-1]):
            return True
        if self._is_in_list(ended, began):
            return False
        return not (text[0].isupper() or text[0].isdigit() or words[-1][-1].isdigit())

    def _is_in_list(self, ended: _Tag, began: _Tag) -> bool:
        """Whether the elements are items of a list. If a third one shows it, the first two are separated too."""
        name, attributes = began
        if ended != began or _target(began):
            return False
        if attributes.strip() and name != "a":
            return "class" in attributes.lower()
        is_third = self.like_sibling == len(self.pieces) - 1
        self.like_sibling = len(self.pieces)
        if is_third and not self.pieces[-1].startswith(" "):
            self.pieces[-1] = f" {self.pieces[-1]}"
        return is_third


def _is_running_text(ended: _Tag, began: _Tag) -> bool:
    if ended[0] == "a" == began[0]:
        return _target(ended) == _target(began)
    return ended[0] in RUNNING_TEXT and began[0] in RUNNING_TEXT


def _target(tag: _Tag) -> str:
    """The address that a link leads to, "" if it is none or on the same page."""
    match = TARGET_PATTERN.search(tag[1])
    return match[1] if match else ""


def drop_inline_tags(text: str, pattern: re.Pattern[str]) -> str:
    """Return `text` without the tags that `pattern` finds: its groups are `close`, `name` and `attributes`."""
    line, position = InlineText(), 0
    for tag in pattern.finditer(text):
        if tag.start() > position:
            line.text(text[position : tag.start()])
        position, name = tag.end(), tag["name"].lower()
        if name not in INLINE and name not in ("img", "wbr"):
            line.text(" ")
        elif tag["close"]:
            line.close(name)
        else:
            line.open(name, tag["attributes"] or "")
    line.text(text[position:])
    return line.take()
