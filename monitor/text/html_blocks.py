"""Reads HTML into blocks: headings, bullets, table rows and paragraphs as a reader sees them.

Words of neighbouring elements are never glued together, and bullets and rows never run into each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby

from monitor.model import Role
from monitor.text import markdown
from monitor.text.block import Block
from monitor.text.html_scanner import HtmlEvent, scan_html
from monitor.text.normalize import single_line
from monitor.text.unwrap import SENTENCE_END_PATTERN

INLINE = frozenset(
    "a abbr acronym b bdi bdo big cite code data dfn em font i ins kbd label mark nobr output q rp rt ruby samp "
    "small span strong sub sup time tt u var".split()
)
BLOCKS = frozenset(
    "address article aside blockquote body center details dialog div fieldset figcaption figure footer form "
    "header head hgroup hr html legend main optgroup p section tbody tfoot thead".split()
)
HEADINGS = frozenset("h1 h2 h3 h4 h5 h6 summary caption".split())
LISTS = frozenset("ul ol menu dir".split())
CELLS = frozenset(("td", "th"))
BOLD = frozenset(("b", "strong"))

CELL_LETTERS = 300  # a table with a longer cell lays out a page, it does not tabulate
HEADING_LETTERS = 120


class _Edge:
    """What tags stand between two texts of one line: a gap if an element ended and another began."""

    NONE, ENDED, GAP = range(3)


@dataclass(slots=True)
class _Table:
    """An open table: the cells of its open row, and the number of lists that were open around it."""

    lists: int
    cells: list[list[Block]] = field(default_factory=list)
    heads: int = 0


def parse_html(html: str) -> list[Block]:
    """The blocks of an HTML page or fragment, in order."""
    page = _Page()
    for event, value in scan_html(html):
        if event is HtmlEvent.TEXT:
            page.text(value)
        elif event is HtmlEvent.OPEN:
            page.open(value)
        else:
            page.close(value)
    return page.finish()


class _Page:
    """The page as read so far: the open paragraph, what is open around it, and the blocks done."""

    def __init__(self) -> None:
        self.done: list[Block] = []
        self.lines: list[tuple[str, bool]] = []
        self.parts: list[str] = []
        self.edge = _Edge.NONE
        self.bold = 0
        self.all_bold = True
        self.heading = self.item = self.term = self.verbatim = False
        self.lists = 0
        self.terms: list[str] = []
        self.tables: list[_Table] = []

    def text(self, text: str) -> None:
        if self.edge is _Edge.GAP and self.parts and text[0].isalnum() and self.parts[-1][-1].isalnum():
            self.parts.append(" ")
        self.edge = _Edge.NONE
        self.parts.append(text)
        if not self.bold and not text.isspace():
            self.all_bold = False

    def open(self, name: str) -> None:
        if name in INLINE:
            self.bold += name in BOLD
            if self.edge is _Edge.ENDED:
                self.edge = _Edge.GAP
        elif name == "br":
            self._line()
        elif name in BLOCKS or name in STRUCTURE:
            self._flush()
            self.heading = self.heading and name != "p"
            STRUCTURE.get(name, _nothing)(self, name, True)
        elif name != "wbr":
            self.edge = _Edge.GAP

    def close(self, name: str) -> None:
        if name in INLINE:
            self.bold = max(0, self.bold - (name in BOLD))
            self.edge = max(self.edge, _Edge.ENDED)
        elif name == "br":
            self._line()
        elif name in BLOCKS or name in STRUCTURE:
            self._flush()
            STRUCTURE.get(name, _nothing)(self, name, False)

    def finish(self) -> list[Block]:
        self._flush()
        while self.tables:
            self.end_table()
        self.end_terms()
        return self.done

    @property
    def sink(self) -> list[Block]:
        """Where blocks go: the innermost open cell, else the page."""
        return next((table.cells[-1] for table in reversed(self.tables) if table.cells), self.done)

    # The paragraph

    def _line(self) -> None:
        if self.verbatim:
            self.parts.append("\n")
            return
        self.lines.append((single_line("".join(self.parts)), self.all_bold))
        self.parts, self.all_bold, self.edge = [], True, _Edge.NONE

    def _flush(self) -> None:
        """End the paragraph."""
        if not self.parts and not self.lines:
            return
        if self.verbatim:
            self._line_end()
            return
        self._line()
        found, self.lines = self.lines, []
        if self.heading or self.term or len(found) == 1:
            text = " ".join(line for line, _ in found if line)
            if text:
                self._one(text, all(bold for line, bold in found if line))
            return
        for bold, run in groupby(found, key=lambda line: bool(line[1] and line[0])):
            texts = [line for line, _ in run]
            if bold and self._is_heading(" ".join(texts)):
                self._emit(Block(Role.HEADING, " ".join(texts)))
            else:
                self._several(texts)

    def _line_end(self) -> None:
        if not self.parts[-1].endswith("\n"):
            self.parts.append("\n")

    def _one(self, text: str, bold: bool) -> None:
        if self.term:
            self.terms.append(text)
        elif self.heading or (bold and self._is_heading(text)):
            self._emit(Block(Role.HEADING, text))
        else:
            self._several([text])

    def _several(self, texts: list[str]) -> None:
        for block in markdown.parse_bare_lines(texts):
            bullet = self.lists or self.item
            self._emit(Block(Role.BULLET, block.text) if bullet else block)

    def _is_heading(self, text: str) -> bool:
        """A bold line of its own, unless it is a bullet, a cell or a whole sentence."""
        if self.lists or self.item or self.sink is not self.done or len(text) > HEADING_LETTERS:
            return False
        return not SENTENCE_END_PATTERN.search(text.rstrip(":?？؟"))

    def _emit(self, block: Block) -> None:
        if not self.terms:
            self.sink.append(block)
            return
        names, self.terms = " | ".join(self.terms), []
        if SENTENCE_END_PATTERN.search(block.text) and ". " in block.text:
            self.sink.extend((Block(Role.HEADING, names), block))
        else:
            self.sink.append(Block(Role.ROW, f"{names} | {block.text}"))

    # What stands around paragraphs

    def head(self, name: str, opens: bool) -> None:
        self.heading = opens

    def list_(self, name: str, opens: bool) -> None:
        self.heading = False
        self.lists = max(0, self.lists + (1 if opens else -1))

    def list_item(self, name: str, opens: bool) -> None:
        self.heading, self.item = False, opens and not self.lists

    def definition(self, name: str, opens: bool) -> None:
        self.term = opens and name == "dt"
        if name == "dl":
            self.end_terms()

    def end_terms(self) -> None:
        terms, self.terms = self.terms, []
        self.sink.extend(Block(Role.HEADING, term) for term in terms)

    def pre(self, name: str, opens: bool) -> None:
        if self.verbatim and not opens:
            text, self.parts = "".join(self.parts), []
            self.verbatim = False
            for block in markdown.parse_bare_lines(text.splitlines()):
                self._emit(block)
        self.verbatim = opens

    def table(self, name: str, opens: bool) -> None:
        self.heading = False
        if opens:
            self.tables.append(_Table(self.lists))
            self.lists = 0
        elif self.tables:
            self.end_table()

    def end_table(self) -> None:
        self.end_row()
        self.lists = self.tables.pop().lists

    def row(self, name: str, opens: bool) -> None:
        if self.tables:
            self.end_row()

    def cell(self, name: str, opens: bool) -> None:
        if self.tables and opens:
            self.tables[-1].cells.append([])
            self.tables[-1].heads += name == "th"

    def end_row(self) -> None:
        table = self.tables[-1]
        cells, table.cells = table.cells, []
        heads, table.heads = table.heads, 0
        filled = [cell for cell in cells if cell]
        if _tabulates(filled):
            text = " | ".join(" ".join(block.text for block in cell) for cell in filled)
            self.sink.append(Block(Role.ROW, text, is_header=heads == len(cells)))
        else:
            for cell in filled:
                self.sink.extend(cell)


def _tabulates(cells: list[list[Block]]) -> bool:
    """Whether cells are one row of facts, not columns that lay out a page."""
    return len(cells) > 1 and all(
        block.role is Role.SENTENCE and len(block.text) <= CELL_LETTERS for cell in cells for block in cell
    )


def _nothing(page: _Page, name: str, opens: bool) -> None:
    """For blocks that only end a paragraph."""


STRUCTURE: dict[str, Callable[[_Page, str, bool], None]] = {
    **dict.fromkeys(HEADINGS, _Page.head),
    **dict.fromkeys(LISTS, _Page.list_),
    **dict.fromkeys(CELLS, _Page.cell),
    **dict.fromkeys(("dl", "dt", "dd"), _Page.definition),
    "li": _Page.list_item,
    "pre": _Page.pre,
    "table": _Page.table,
    "tr": _Page.row,
}
