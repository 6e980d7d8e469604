"""Parses HTML into blocks: headings, bullets, table rows and paragraphs, as a browser shows them.

Bullets and rows are never joined; `inline_text` decides on words of adjacent elements.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby

from monitor.model import Role
from monitor.text import markdown
from monitor.text.block import Block
from monitor.text.html_scanner import HtmlEvent, scan_html
from monitor.text.inline_text import INLINE, InlineText
from monitor.text.normalize import single_line
from monitor.text.unwrap import SENTENCE_END_PATTERN

BLOCKS = frozenset(
    "address article aside blockquote body center details dialog div fieldset figcaption figure footer form "
    "header head hgroup hr html legend main optgroup p section tbody tfoot thead".split()
)
HEADINGS = frozenset("h1 h2 h3 h4 h5 h6 summary caption".split())
LISTS = frozenset("ul ol menu dir".split())
CELLS = frozenset(("td", "th"))
BOLD = frozenset(("b", "strong"))

MAX_CELL_CHARS = 300  # a row with a longer cell is page layout, not data
MAX_HEADING_CHARS = 120


@dataclass(slots=True)
class _Table:
    """An open table: the cells of its open row, and the number of lists open around it."""

    outer_list_depth: int
    cells: list[list[Block]] = field(default_factory=list)
    header_cells: int = 0


def parse_html(html: str) -> list[Block]:
    """Return the blocks of an HTML page or fragment, in order."""
    page = _Page()
    for event, value, attributes in scan_html(html):
        if event is HtmlEvent.TEXT:
            page.text(value)
        elif event is HtmlEvent.OPEN:
            page.open(value, attributes)
        else:
            page.close(value)
    return page.finish()


class _Page:
    """The parser's state: the open paragraph, the elements open around it, and the finished blocks."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.lines: list[tuple[str, bool]] = []  # text, and whether all of it is bold
        self.line = InlineText()
        self.bold_depth = 0
        self.all_bold = True
        self.in_heading = self.in_item = self.in_term = self.in_verbatim = False
        self.list_depth = 0
        self.terms: list[str] = []
        self.tables: list[_Table] = []

    def text(self, text: str) -> None:
        self.line.text(text)
        if not self.bold_depth and not text.isspace():
            self.all_bold = False

    def open(self, name: str, attributes: str) -> None:
        if name == "br":
            self._end_line()
        elif name in BLOCKS or name in STRUCTURE:
            self._end_paragraph()
            self.in_heading = self.in_heading and name != "p"
            STRUCTURE.get(name, _no_structure)(self, name, True)
        else:
            self.bold_depth += name in BOLD
            self.line.open(name, attributes)

    def close(self, name: str) -> None:
        if name in INLINE:
            self.bold_depth = max(0, self.bold_depth - (name in BOLD))
            self.line.close(name)
        elif name == "br":
            self._end_line()
        elif name in BLOCKS or name in STRUCTURE:
            self._end_paragraph()
            STRUCTURE.get(name, _no_structure)(self, name, False)

    def finish(self) -> list[Block]:
        self._end_paragraph()
        while self.tables:
            self.end_table()
        self.end_terms()
        return self.blocks

    @property
    def sink(self) -> list[Block]:
        """The list that blocks are added to: the innermost open cell, else the page."""
        return next((table.cells[-1] for table in reversed(self.tables) if table.cells), self.blocks)

    # The paragraph

    def _end_line(self) -> None:
        if self.in_verbatim:
            self.line.text("\n")
            return
        self.lines.append((single_line(self.line.take()), self.all_bold))
        self.all_bold = True

    def _end_paragraph(self) -> None:
        if not self.line.pieces and not self.lines:
            return
        if self.in_verbatim:
            self._end_verbatim_line()
            return
        self._end_line()
        lines, self.lines = self.lines, []
        if self.in_heading or self.in_term or len(lines) == 1:
            text = " ".join(line for line, _ in lines if line)
            if text:
                self._add_line(text, all(bold for line, bold in lines if line))
            return
        for bold, run in groupby(lines, key=lambda line: bool(line[1] and line[0])):
            texts = [line for line, _ in run]
            if bold and self._is_heading(" ".join(texts)):
                self._emit(Block(Role.HEADING, " ".join(texts)))
            else:
                self._add_lines(texts)

    def _end_verbatim_line(self) -> None:
        if not self.line.pieces[-1].endswith("\n"):
            self.line.text("\n")

    def _add_line(self, text: str, bold: bool) -> None:
        if self.in_term:
            self.terms.append(text)
        elif self.in_heading or (bold and self._is_heading(text)):
            self._emit(Block(Role.HEADING, text))
        else:
            self._add_lines([text])

    def _add_lines(self, texts: list[str]) -> None:
        for block in markdown.parse_bare_lines(texts):
            in_bullet = self.list_depth or self.in_item
            self._emit(Block(Role.BULLET, block.text) if in_bullet else block)

    def _is_heading(self, text: str) -> bool:
        """Whether a bold line is a heading: not if it is a bullet, a cell or a whole sentence."""
        if self.list_depth or self.in_item or self.sink is not self.blocks or len(text) > MAX_HEADING_CHARS:
            return False
        return not SENTENCE_END_PATTERN.search(text.rstrip(":?？؟"))

    def _emit(self, block: Block) -> None:
        if not self.terms:
            self.sink.append(block)
            return
        terms, self.terms = " | ".join(self.terms), []
        if SENTENCE_END_PATTERN.search(block.text) and ". " in block.text:
            self.sink.extend((Block(Role.HEADING, terms), block))
        else:
            self.sink.append(Block(Role.ROW, f"{terms} | {block.text}"))

    # The elements around paragraphs, called through STRUCTURE

    def heading_element(self, name: str, opens: bool) -> None:
        self.in_heading = opens

    def list_element(self, name: str, opens: bool) -> None:
        self.in_heading = False
        self.list_depth = max(0, self.list_depth + (1 if opens else -1))

    def list_item_element(self, name: str, opens: bool) -> None:
        self.in_heading, self.in_item = False, opens and not self.list_depth

    def definition_element(self, name: str, opens: bool) -> None:
        self.in_term = opens and name == "dt"
        if name == "dl":
            self.end_terms()

    def end_terms(self) -> None:
        terms, self.terms = self.terms, []
        self.sink.extend(Block(Role.HEADING, term) for term in terms)

    def pre_element(self, name: str, opens: bool) -> None:
        if self.in_verbatim and not opens:
            text, self.in_verbatim = self.line.take(), False
            for block in markdown.parse_bare_lines(text.splitlines()):
                self._emit(block)
        self.in_verbatim = opens

    def table_element(self, name: str, opens: bool) -> None:
        self.in_heading = False
        if opens:
            self.tables.append(_Table(self.list_depth))
            self.list_depth = 0
        elif self.tables:
            self.end_table()

    def end_table(self) -> None:
        self.end_row()
        self.list_depth = self.tables.pop().outer_list_depth

    def row_element(self, name: str, opens: bool) -> None:
        if self.tables:
            self.end_row()

    def cell_element(self, name: str, opens: bool) -> None:
        if self.tables and opens:
            self.tables[-1].cells.append([])
            self.tables[-1].header_cells += name == "th"

    def end_row(self) -> None:
        table = self.tables[-1]
        cells, table.cells = table.cells, []
        header_cells, table.header_cells = table.header_cells, 0
        filled = [cell for cell in cells if cell]
        if _is_data_row(filled):
            text = " | ".join(" ".join(block.text for block in cell) for cell in filled)
            self.sink.append(Block(Role.ROW, text, is_header=header_cells == len(cells)))
        else:
            for cell in filled:
                self.sink.extend(cell)


def _is_data_row(cells: list[list[Block]]) -> bool:
    """Whether cells are a row of data; columns that lay out a page are not."""
    return len(cells) > 1 and all(
        block.role is Role.SENTENCE and len(block.text) <= MAX_CELL_CHARS for cell in cells for block in cell
    )


def _no_structure(page: _Page, name: str, opens: bool) -> None:
    """Do nothing: the element only ends a paragraph."""


STRUCTURE: dict[str, Callable[[_Page, str, bool], None]] = {
    **dict.fromkeys(HEADINGS, _Page.heading_element),
    **dict.fromkeys(LISTS, _Page.list_element),
    **dict.fromkeys(CELLS, _Page.cell_element),
    **dict.fromkeys(("dl", "dt", "dd"), _Page.definition_element),
    "li": _Page.list_item_element,
    "pre": _Page.pre_element,
    "table": _Page.table_element,
    "tr": _Page.row_element,
}
