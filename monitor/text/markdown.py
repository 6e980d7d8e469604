"""Parses Markdown and plain text, line by line, into blocks.

One parser serves both, because plain text often has bullets and headings too. Every pattern has a bounded
lookahead, so a hostile page takes linear time like any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import unescape

from monitor.model import Role
from monitor.text.block import Block
from monitor.text.inline_text import drop_inline_tags
from monitor.text.normalize import single_line
from monitor.text.unwrap import SENTENCE_END_PATTERN, TextLine, join_lines, unwrap

IMAGE_PATTERN = re.compile(r"!\[[^\[\]]{0,500}\]\([^()\n]{0,2000}\)")
LINK_PATTERN = re.compile(
    r"\[([^\[\]]{0,2000})\]\([ \n]?[^()\s]{0,2000}(?:\([^()\s]{0,200}\)[^()\s]{0,200})?(?: \"[^\"\n]{0,300}\")? ?\)"
)
COMMENT_PATTERN = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
LINE_BREAK_PATTERN = re.compile(r"<br\s{0,5}/?>\n?", re.IGNORECASE)
INLINE_HTML_PATTERN = re.compile(
    r"<(?P<close>/?)(?P<name>a|abbr|b|big|cite|code|em|font|i|img|ins|kbd|mark|q|small|span|strong|sub|sup|time|tt|u|"
    r"wbr)(?P<attributes>\s[^<>]{0,2000})?/?>",
    re.IGNORECASE,
)
STRIKETHROUGH_PATTERN = re.compile(r"~~(?=\S)[^~\n]{1,500}~~")
STRONG_PATTERN = re.compile(
    r"(?<!\\)\*\*+(?=\S)|(?<=[^\s\\])\*\*+"
    r"|(?<!\w)__(?=\S(?:(?!__).){0,300}__(?!\w))|(?<=\S)__(?!\w)"  # a name such as __TOKEN has no closing mark
)
EMPHASIS_PATTERN = re.compile(r"(?<![\w*\\])\*(?=[^\s*])([^*]{1,500})(?<=[^\s\\])\*(?![\w*])")
UNDERSCORE_EMPHASIS_PATTERN = re.compile(r"(?<![\w\\])_(?=[^\s_])([^_]{1,500})(?<=[^\s\\])_(?!\w)")
CODE_PATTERN = re.compile(r"`{1,3}([^`\n]{1,500})`{1,3}")
ESCAPE_PATTERN = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|>~])")

HASH_HEADING_PATTERN = re.compile(r"(#{1,6})[ \t]+(.*?)[ \t]*#*$")
BULLET_PATTERN = re.compile(r"(?:[*+•‣◦▪●■·∙–—-])\s+(?=\S)|[•‣◦▪●■](?=\S)")
ORDINAL_PATTERN = re.compile(r"(\d{1,3})[.)]\s+(?=\S)")
QUOTE_PREFIX_PATTERN = re.compile(r"(?:>\s?)+(?=\D)|>+$")
HEADING_UNDERLINE_PATTERN = re.compile(r"(?:=\s*){3,}$|(?:-\s*){3,}$|={2,}$")
HORIZONTAL_RULE_PATTERN = re.compile(r"(?:[-*_=~+]\s*){3,}$|`{3}\w*$|~{3}\w*$")
TABLE_DELIMITER_PATTERN = re.compile(r"\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?$")
BOLD_LINE_PATTERN = re.compile(r"(\*\*|__)(?=\S)([^*_]{1,200})\1:?$")

MAX_LABEL_WORDS = 12  # a longer line above bullets is a sentence, not their heading


@dataclass(slots=True)
class _Group:
    """Consecutive lines: a paragraph, or a bullet with its continuation lines."""

    role: Role
    lines: list[TextLine] = field(default_factory=list)


def parse_markdown(text: str) -> list[Block]:
    """Return the blocks of Markdown or plain text, in order."""
    raw_blocks = _to_blocks(_group_lines(_strip_inline_markup(text).splitlines()))
    return list(_promote_labels(Block(role, strip_markdown(text), head) for role, text, head in raw_blocks))


def parse_bare_lines(lines: Sequence[str]) -> list[Block]:
    """Return the blocks of lines without markup (an HTML paragraph with breaks): unwrapped, with bullets."""
    if len(lines) == 1 and lines[0][:1].isalpha():
        return [Block(Role.SENTENCE, lines[0])]
    return list(_to_blocks(_group_lines(lines, is_markdown=False)))


def _strip_inline_markup(text: str) -> str:
    """Replace links with their text; remove images, comments and inline tags; decode entities."""
    if "](" in text:
        text = LINK_PATTERN.sub(lambda link: " ".join(link[1].split()), IMAGE_PATTERN.sub("", text))
    if "<" in text:
        text = LINE_BREAK_PATTERN.sub("  \n", COMMENT_PATTERN.sub("", text))
        text = drop_inline_tags(text, INLINE_HTML_PATTERN)
    return unescape(text) if "&" in text else text


def replace_inline_tags(text: str) -> str:
    """Replace the tags and comments that `parse_markdown` removes, each with a space."""
    return INLINE_HTML_PATTERN.sub(" ", LINE_BREAK_PATTERN.sub(" ", COMMENT_PATTERN.sub(" ", text)))


def strip_markdown(text: str) -> str:
    """Remove Markdown's marks (emphasis, code, escapes) and struck-out text."""
    if "~~" in text:
        text = " ".join(STRIKETHROUGH_PATTERN.sub("", text).split())
    if "*" in text or "_" in text:
        text = UNDERSCORE_EMPHASIS_PATTERN.sub(r"\1", EMPHASIS_PATTERN.sub(r"\1", STRONG_PATTERN.sub("", text)))
    if "`" in text:
        text = CODE_PATTERN.sub(r"\1", text)
    if "\\" in text:
        text = ESCAPE_PATTERN.sub(r"\1", text)
    return text


class _LineGrouper:
    """Gathers lines into groups by what their first characters mean."""

    def __init__(self, is_markdown: bool) -> None:
        self.is_markdown = is_markdown
        self.groups: list[_Group | Block] = []
        self.current: _Group | None = None
        self.last_ordinal = 0
        self.in_table = False

    def close_group(self) -> None:
        self.current = None

    def add_line(self, raw_line: str) -> None:
        text = single_line(raw_line)
        if self.is_markdown and text.startswith(">"):
            text = QUOTE_PREFIX_PATTERN.sub("", text, count=1)
        if not text:
            self.close_group()
            self.in_table = False
        elif not (self.is_markdown and self._add_structure(text)):
            self._add_prose(raw_line, text)

    def _add_structure(self, text: str) -> bool:
        """Add a heading, horizontal rule or table row. False if `text` is none of them."""
        first = text[0]
        if first.isalnum() and "|" not in text:
            return False
        if first == "#" and (match := HASH_HEADING_PATTERN.match(text)):
            self._add_block(Role.HEADING, match[2])
        elif "|" in text and (first == "|" or self.in_table or TABLE_DELIMITER_PATTERN.match(text)):
            self._add_row(text)
        elif first in "=-" and self._apply_heading_underline(text):
            pass
        elif HORIZONTAL_RULE_PATTERN.match(text):
            self.close_group()
        elif (match := BOLD_LINE_PATTERN.match(text)) and not SENTENCE_END_PATTERN.search(match[2].rstrip(":?？؟")):
            self._add_block(Role.HEADING, match[2])
        else:
            return False
        return True

    def _add_block(self, role: Role, text: str) -> None:
        self.close_group()
        self.groups.append(Block(role, text))

    def _apply_heading_underline(self, text: str) -> bool:
        """Turn a single line of prose into a heading if `text` is the `===` or `---` under it."""
        group = self.current
        if group is None or group.role is not Role.SENTENCE or len(group.lines) != 1:
            return False
        if not HEADING_UNDERLINE_PATTERN.match(text):
            return False
        self.groups[-1] = Block(Role.HEADING, group.lines[0].text)
        self.close_group()
        return True

    def _add_row(self, text: str) -> None:
        if TABLE_DELIMITER_PATTERN.match(text):
            self._mark_header()
            self.in_table = True
            return
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", text)]
        self._add_block(Role.ROW, " | ".join(cell for cell in cells if cell))
        self.in_table = True

    def _mark_header(self) -> None:
        """Mark the row above the line of dashes as the header row."""
        previous = self.groups[-1] if self.groups else None
        if isinstance(previous, _Group) and len(previous.lines) == 1 and "|" in previous.lines[0].text:
            cells = previous.lines[0].text.strip("|").split("|")
            previous = Block(Role.ROW, " | ".join(cell.strip() for cell in cells))
        if isinstance(previous, Block) and previous.role is Role.ROW:
            self.groups[-1] = previous._replace(is_header=True)
        self.close_group()

    def _add_prose(self, raw_line: str, text: str) -> None:
        if text.startswith(": ") and self.current:
            self._add_definition(text)
            return
        text, role = self._strip_bullet(text)
        has_hard_break = self.is_markdown and raw_line.endswith(("  ", "\\"))
        text = text.rstrip("\\") if has_hard_break else text
        if role is Role.BULLET or self.current is None:
            self.current = _Group(role)
            self.groups.append(self.current)
            is_indented = False
        else:
            is_indented = self.current.role is Role.BULLET and raw_line[:2].isspace()
        self.current.lines.append(TextLine(text, is_indented, has_hard_break))

    def _add_definition(self, text: str) -> None:
        """Append `: definition` to its term, whose own final colon is dropped."""
        assert self.current is not None
        term = self.current.lines[-1]
        self.current.lines[-1] = term._replace(text=term.text.rstrip(" :") + text)

    def _strip_bullet(self, text: str) -> tuple[str, Role]:
        """Return the text after its bullet or running number, and its role."""
        if match := BULLET_PATTERN.match(text):
            return text[match.end() :], Role.BULLET
        match = ORDINAL_PATTERN.match(text)
        if match and int(match[1]) in (1, self.last_ordinal + 1):
            self.last_ordinal = int(match[1])
            return text[match.end() :], Role.BULLET
        return text, Role.SENTENCE


def _group_lines(lines: Iterable[str], *, is_markdown: bool = True) -> list[_Group | Block]:
    grouper = _LineGrouper(is_markdown)
    for line in lines:
        grouper.add_line(line)
    return grouper.groups


def _to_blocks(groups: Iterable[_Group | Block]) -> Iterator[Block]:
    for group in groups:
        if isinstance(group, Block):
            yield group
            continue
        for number, run in enumerate(unwrap(group.lines)):
            role = group.role if number == 0 or run[0].is_indented else Role.SENTENCE
            yield Block(role, join_lines(run))


def _promote_labels(raw_blocks: Iterable[Block]) -> Iterator[Block]:
    """Turn a short line without a full stop, right above bullets or full sentences, into their heading."""
    previous: Block | None = None
    for block in raw_blocks:
        if previous:
            yield previous._replace(role=Role.HEADING) if _is_label_of(previous, block) else previous
        previous = block
    if previous:
        yield previous


def _is_label_of(label: Block, below: Block) -> bool:
    text = label.text
    if label.role is not Role.SENTENCE or below.role not in (Role.BULLET, Role.SENTENCE):
        return False
    if len(text) > 120 or (text.count(" ") >= MAX_LABEL_WORDS and text[-1:] not in "?？؟"):
        return False
    if text[:1].islower() or ":" in text[:-1] or (SENTENCE_END_PATTERN.search(text) and text[-1] not in "?？؟"):
        return False
    return below.role is Role.BULLET or bool(SENTENCE_END_PATTERN.search(below.text))
