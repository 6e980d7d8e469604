"""Reads the text of a PDF as HTML paragraphs. Needs the extra `claimwatch[fulltext]`.

The lines of a PDF end where the page does, so they are joined into paragraphs. Lines that repeat at the top or bottom
of the pages are left out.
"""

from __future__ import annotations

import io
import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from monitor.errors import ParseError
from monitor.model import Entry
from monitor.sources.parse.feed import Feed
from monitor.sources.parse.identity import canonical_url
from monitor.sources.parse.options import ParseOptions
from monitor.sources.parse.sanitize import clean_line, clean_text
from monitor.text.unwrap import SENTENCE_END_PATTERN, TextLine, join_lines

if TYPE_CHECKING:
    from pypdf import PdfReader

SIGNATURE = b"%PDF-"
MAX_PDF_PAGES = 200  # a longer document is cut there, and always there: a cut by time would differ between polls
MAX_PDF_CHARS = 2_000_000
_SIGNATURE_WINDOW = 1024  # bytes
_FULL_SHARE = 0.7  # of the width of the page's longest lines: a shorter line ends its paragraph
_MIN_PROSE_WIDTH = 30  # narrower lines are items, not prose
_MIN_REPEATS = 3  # pages with the same first or last line
_MAX_TITLE_CHARS = 150

_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"[\W_]*(?:(?:page|pag\.?|p\.|seite|s\.|página|pagina|strona|str\.|sayfa|страница|стр\.|сторінка|стор\.)\s*)?"
    r"\d{1,4}(?:\s?(?:/|of|von|de|di|z|из|із|з|van|sur|\|)\s?\d{1,4})?[\W_]*",
    re.IGNORECASE,
)
_HYPHENATED = re.compile(r"(?<=[^\W\d_]{2})[-\u00ad\u2010]$")
_LIST_START = re.compile(r"(?:[•‣◦▪●■–—*-]\s|\(?\w{1,3}[.)]\s|\d+(?:\.\d+)+\s)")
_PROGRAM_TITLE = re.compile(r"(?:microsoft word|powerpoint|untitled|document\d*|.*\.\w{2,5}$)", re.IGNORECASE)


def is_pdf(body: bytes) -> bool:
    """Whether a body is a PDF, by its signature at the start of a line; readers accept binary junk before it."""
    start = body[:_SIGNATURE_WINDOW]
    position = start.find(SIGNATURE)
    return position >= 0 and (not start[:position].strip() or not start[:position].isascii())


def parse_pdf(body: bytes, url: str, options: ParseOptions) -> Feed:
    """Parse a PDF into one entry. Raises ParseError with code `no_pdf_reader`, `unreadable_pdf` or `not_the_page`."""
    if options.select or options.each:
        raise ParseError("not_the_page", "the page is a PDF, which `select` and `each` do not apply to")
    reader = _open(body)
    lines = _body_lines(_page_texts(reader))
    if not any(map(str.isalpha, "".join(lines))):
        raise ParseError("unreadable_pdf", "the PDF has no text: its pages are images")
    title, lines = _title(reader, lines, url)
    body_html = "\n".join(f"<p>{escape(text, quote=False)}</p>" for text in paragraphs(lines))
    page = options.url or url
    return Feed(title, (Entry(key=canonical_url(page), title=title, url=page, body=body_html),), None, ())


def _open(body: bytes) -> PdfReader:
    """Open a PDF; one that is encrypted with an empty password is decrypted, as readers do."""
    try:
        from pypdf import PdfReader
    except ImportError:
        sentence = "the page is a PDF; to read it, run `pip install claimwatch[fulltext]`"
        raise ParseError("no_pdf_reader", sentence) from None
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(io.BytesIO(body))
        is_locked = reader.is_encrypted and not reader.decrypt("")
        _ = len(reader.pages) if not is_locked else 0
    except MemoryError:  # ends the worker
        raise
    except Exception as error:  # pypdf raises errors of many kinds on malformed files
        raise _unreadable(error) from None
    if is_locked:
        raise ParseError("unreadable_pdf", "the PDF is encrypted and needs a password")
    return reader


def _unreadable(error: Exception) -> ParseError:
    """Missing decryption libraries and damaged files."""
    if type(error).__name__ == "DependencyError":
        return ParseError("unreadable_pdf", "the PDF is encrypted and cannot be read")
    return ParseError("unreadable_pdf", "the PDF is damaged and cannot be read")


def _page_texts(reader: PdfReader) -> list[str]:
    texts: list[str] = []
    for page in reader.pages[:MAX_PDF_PAGES]:
        try:
            texts.append(clean_text(page.extract_text()))
        except MemoryError:
            raise
        except Exception as error:
            raise _unreadable(error) from None
        if sum(map(len, texts)) > MAX_PDF_CHARS:
            break
    return texts


def _body_lines(pages: Sequence[str]) -> list[str]:
    """The lines of all pages, "" between pages that end a paragraph, without running heads and page numbers."""
    by_page = [[line.strip() for line in page.splitlines()] for page in pages]
    filled = [[line for line in lines if line] for lines in by_page]
    edges = Counter(_masked(line) for lines in filled for line in {*lines[:1], *lines[-1:]})
    limit = max(_MIN_REPEATS, len(filled) // 2)
    furniture = {line for line, count in edges.items() if count >= limit}
    return [line for lines in by_page for line in _without_furniture(lines, furniture)]


def _without_furniture(lines: Sequence[str], furniture: set[str]) -> list[str]:
    kept = list(lines)
    for end in (0, -1):
        while kept and (not kept[end] or _masked(kept[end]) in furniture or _PAGE_NUMBER.fullmatch(kept[end])):
            kept.pop(end)
    return kept


def _masked(line: str) -> str:
    return _DIGITS.sub("#", line)


def _title(reader: PdfReader, lines: list[str], url: str) -> tuple[str, list[str]]:
    """Return the title and the remaining lines: the title of the metadata, else a first line that is no sentence."""
    try:
        declared = clean_line(reader.metadata.title) if reader.metadata and reader.metadata.title else ""
    except Exception:  # damaged metadata is like none
        declared = ""
    if declared and not _PROGRAM_TITLE.match(declared):
        return declared[:_MAX_TITLE_CHARS], lines
    first = lines[0]
    if len(first) <= _MAX_TITLE_CHARS and not SENTENCE_END_PATTERN.search(first) and not _continues(lines):
        return first, lines[1:]
    return unquote(PurePosixPath(urlsplit(url).path).name), lines


def _continues(lines: Sequence[str]) -> bool:
    """Whether the second line continues the first."""
    return len(lines) > 1 and lines[1][:1].islower()


def paragraphs(lines: Sequence[str]) -> Iterator[str]:
    """Join the lines of a PDF into paragraphs, and words that are divided at the end of a line."""
    width = _usual_width(lines)
    run: list[TextLine] = []
    for before, line in pairwise(["", *lines]):
        if run and not (line and _is_continued(before, line, width)):
            yield join_lines(run)
            run = []
        if not line:
            continue
        if run and _HYPHENATED.search(run[-1].text) and line[0].islower():
            run[-1] = TextLine(_HYPHENATED.sub("", run[-1].text) + line)
        else:
            run.append(TextLine(line))
    if run:
        yield join_lines(run)


def _usual_width(lines: Sequence[str]) -> int:
    """The length that nine of ten lines do not exceed."""
    lengths = sorted(len(line) for line in lines if line)
    return lengths[len(lengths) * 9 // 10] if lengths else 0


def _is_continued(before: str, line: str, width: int) -> bool:
    if _LIST_START.match(line):
        return False
    is_full = len(before) >= _FULL_SHARE * width
    if line[0].islower() and not SENTENCE_END_PATTERN.search(before):
        return True
    return is_full and width >= _MIN_PROSE_WIDTH
