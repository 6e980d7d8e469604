"""Reads Markdown and plain text, line by line, into blocks.

One reader serves both: plain text with bullets is Markdown that nobody named so. Every pattern here looks a
bounded way ahead, so a hostile page costs no more than a long one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import unescape

from monitor.model import Role
from monitor.text.block import Block
from monitor.text.tidy import folded
from monitor.text.wrap import ENDS, Line, joined, unwrap

IMAGE = re.compile(r"!\[[^\[\]]{0,500}\]\([^()\n]{0,2000}\)")
LINK = re.compile(
    r"\[([^\[\]]{0,2000})\]\([ \n]?[^()\s]{0,2000}(?:\([^()\s]{0,200}\)[^()\s]{0,200})?(?: \"[^\"\n]{0,300}\")? ?\)"
)
COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
BREAK = re.compile(r"<br\s{0,5}/?>\n?", re.IGNORECASE)
TAG = re.compile(
    r"</?(?:a|abbr|b|big|cite|code|em|font|i|img|ins|kbd|mark|q|small|span|strong|sub|sup|time|tt|u)"
    r"(?:\s[^<>]{0,2000})?/?>",
    re.IGNORECASE,
)
STRUCK = re.compile(r"~~(?=\S)[^~\n]{1,500}~~")
STRONG = re.compile(r"(?<!\\)\*\*+(?=\S)|(?<=[^\s\\])\*\*+|(?<!\w)__(?=\S)|(?<=\S)__(?!\w)")
EMPHASIS = re.compile(r"(?<![\w*\\])\*(?=[^\s*])([^*]{1,500})(?<=[^\s\\])\*(?![\w*])")
UNDERLINED = re.compile(r"(?<![\w\\])_(?=[^\s_])([^_]{1,500})(?<=[^\s\\])_(?!\w)")
CODE = re.compile(r"`{1,3}([^`\n]{1,500})`{1,3}")
ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|>~])")

HASHES = re.compile(r"(#{1,6})[ \t]+(.*?)[ \t]*#*$")
BULLET = re.compile(r"(?:[*+•‣◦▪●■·∙–—-])\s+(?=\S)|[•‣◦▪●■](?=\S)")
ORDINAL = re.compile(r"(\d{1,3})[.)]\s+(?=\S)")
QUOTED = re.compile(r"(?:>\s?)+(?=\D)|>+$")
UNDERLINE = re.compile(r"(?:=\s*){3,}$|(?:-\s*){3,}$|={2,}$")
RULE = re.compile(r"(?:[-*_=~+]\s*){3,}$|`{3}\w*$|~{3}\w*$")
COLUMNS = re.compile(r"\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?$")
BOLD_LINE = re.compile(r"(\*\*|__)(?=\S)([^*_]{1,200})\1:?$")

LABEL_WORDS = 12


@dataclass(slots=True)
class _Group:
    """Lines that stand together: a paragraph, or a bullet with what hangs on it."""

    role: Role
    lines: list[Line] = field(default_factory=list)


def blocks(text: str) -> list[Block]:
    """The blocks of Markdown or plain text, in order."""
    found = _texts(_groups(_inline(text).splitlines()))
    return list(_label(Block(role, plain(text), head) for role, text, head in found))


def loose(lines: Sequence[str]) -> list[Block]:
    """The blocks of bare lines (of an HTML paragraph with breaks): wrapping undone, bullet marks known."""
    if len(lines) == 1 and lines[0][:1].isalpha():
        return [Block(Role.SENTENCE, lines[0])]
    return list(_texts(_groups(lines, marks=False)))


def _inline(text: str) -> str:
    """Links to their words; images, comments and inline tags gone; entities decoded."""
    if "](" in text:
        text = LINK.sub(lambda link: " ".join(link[1].split()), IMAGE.sub("", text))
    if "<" in text:
        text = TAG.sub("", BREAK.sub("  \n", COMMENT.sub("", text)))
    return unescape(text) if "&" in text else text


def plain(text: str) -> str:
    """One text without the marks of Markdown: emphasis, code, escapes; what is struck out is gone."""
    if "~~" in text:
        text = " ".join(STRUCK.sub("", text).split())
    if "*" in text or "_" in text:
        text = UNDERLINED.sub(r"\1", EMPHASIS.sub(r"\1", STRONG.sub("", text)))
    if "`" in text:
        text = CODE.sub(r"\1", text)
    if "\\" in text:
        text = ESCAPE.sub(r"\1", text)
    return text


class _Groups:
    """Gathers lines into groups; the one place that knows what a line's first characters mean."""

    def __init__(self, marks: bool) -> None:
        self.marks = marks
        self.done: list[_Group | Block] = []
        self.open: _Group | None = None
        self.ordinal = 0
        self.table = False

    def close(self) -> None:
        self.open = None

    def add(self, raw: str) -> None:
        text = folded(raw)
        if self.marks and text.startswith(">"):
            text = QUOTED.sub("", text, count=1)
        if not text:
            self.close()
            self.table = False
        elif not (self.marks and self._structure(text)):
            self._prose(raw, text)

    def _structure(self, text: str) -> bool:
        """Take a heading, rule or table row; false if `text` is none of them."""
        first = text[0]
        if first.isalnum() and "|" not in text:
            return False
        if first == "#" and (found := HASHES.match(text)):
            self._block(Role.HEADING, found[2])
        elif "|" in text and (first == "|" or self.table or COLUMNS.match(text)):
            self._row(text)
        elif first in "=-" and self._underlines(text):
            pass
        elif RULE.match(text):
            self.close()
        elif (found := BOLD_LINE.match(text)) and not ENDS.search(found[2].rstrip(":?？؟")):
            self._block(Role.HEADING, found[2])
        else:
            return False
        return True

    def _block(self, role: Role, text: str) -> None:
        self.close()
        self.done.append(Block(role, text))

    def _underlines(self, text: str) -> bool:
        """`===` or `---` under a single line of prose makes it a heading."""
        group = self.open
        if group is None or group.role is not Role.SENTENCE or len(group.lines) != 1:
            return False
        if not UNDERLINE.match(text):
            return False
        self.done[-1] = Block(Role.HEADING, group.lines[0].text)
        self.close()
        return True

    def _row(self, text: str) -> None:
        if COLUMNS.match(text):
            self._header()
            self.table = True
            return
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", text)]
        self._block(Role.ROW, " | ".join(cell for cell in cells if cell))
        self.table = True

    def _header(self) -> None:
        """The row above the line of dashes holds the names of the columns."""
        above = self.done[-1] if self.done else None
        if isinstance(above, _Group) and len(above.lines) == 1 and "|" in above.lines[0].text:
            cells = above.lines[0].text.strip("|").split("|")
            above = Block(Role.ROW, " | ".join(cell.strip() for cell in cells))
        if isinstance(above, Block) and above.role is Role.ROW:
            self.done[-1] = above._replace(head=True)
        self.close()

    def _prose(self, raw: str, text: str) -> None:
        if text.startswith(": ") and self.open:
            self._define(text)
            return
        text, role = self._unmarked(text)
        broken = self.marks and raw.endswith(("  ", "\\"))
        text = text.rstrip("\\") if broken else text
        if role is Role.BULLET or self.open is None:
            self.open = _Group(role)
            self.done.append(self.open)
            indented = False
        else:
            indented = self.open.role is Role.BULLET and raw[:2].isspace()
        self.open.lines.append(Line(text, indented, broken))

    def _define(self, text: str) -> None:
        """`: what it is` under its term, which may have a colon of its own."""
        assert self.open is not None
        term = self.open.lines[-1]
        self.open.lines[-1] = term._replace(text=term.text.rstrip(" :") + text)

    def _unmarked(self, text: str) -> tuple[str, Role]:
        """The text after its bullet or running number, and whether it had one."""
        if found := BULLET.match(text):
            return text[found.end() :], Role.BULLET
        found = ORDINAL.match(text)
        if found and int(found[1]) in (1, self.ordinal + 1):
            self.ordinal = int(found[1])
            return text[found.end() :], Role.BULLET
        return text, Role.SENTENCE


def _groups(lines: Iterable[str], *, marks: bool = True) -> list[_Group | Block]:
    groups = _Groups(marks)
    for line in lines:
        groups.add(line)
    return groups.done


def _texts(groups: Iterable[_Group | Block]) -> Iterator[Block]:
    for group in groups:
        if isinstance(group, Block):
            yield group
            continue
        for number, run in enumerate(unwrap(group.lines)):
            role = group.role if number == 0 or run[0].indented else Role.SENTENCE
            yield Block(role, joined(run))


def _label(found: Iterable[Block]) -> Iterator[Block]:
    """A short line without a full stop, right above bullets or full sentences, is their heading."""
    before: Block | None = None
    for block in found:
        if before:
            yield before._replace(role=Role.HEADING) if _heads(before, block) else before
        before = block
    if before:
        yield before


def _heads(label: Block, below: Block) -> bool:
    text = label.text
    if label.role is not Role.SENTENCE or below.role not in (Role.BULLET, Role.SENTENCE):
        return False
    if len(text) > 120 or (text.count(" ") >= LABEL_WORDS and text[-1:] not in "?？؟"):
        return False
    if text[:1].islower() or ":" in text[:-1] or (ENDS.search(text) and text[-1] not in "?？؟"):
        return False
    return below.role is Role.BULLET or bool(ENDS.search(below.text))
