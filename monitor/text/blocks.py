"""Parses a body of HTML, Markdown or plain text into blocks, after detecting which of them it is."""

from __future__ import annotations

import re
from html import unescape

from monitor.text import html_blocks, markdown
from monitor.text.block import Block
from monitor.text.elements import ELEMENTS, WITHOUT_END_TAG, escape_non_elements

BLOCK_TAG_PATTERN = re.compile(
    r"<(?:!doctype\b|/?(?:html|body|head|div|p|ul|ol|li|dl|dt|dd|table|tr|td|th|h[1-6]|pre|blockquote|article|"
    r"section|figure|header|footer|main|center|details)(?=[\s/>]))",
    re.IGNORECASE,
)
INLINE_TAG_PATTERN = re.compile(
    r"</?(?:a|abbr|b|big|br|cite|code|em|font|hr|i|img|ins|del|s|mark|small|span|strong|sub|sup|u|wbr|iframe|script|style)"
    r"(?=[\s/>])",
    re.IGNORECASE,
)
# Any element counts if it is closed or has an attribute; `<source>` alone is a word.
ELEMENT_PATTERN = re.compile(
    rf"</?(?:{'|'.join(sorted(ELEMENTS - WITHOUT_END_TAG))})(?=[\s/>])"
    rf"|<(?:/(?:{'|'.join(sorted(WITHOUT_END_TAG))})(?=[\s/>])|(?:{'|'.join(sorted(WITHOUT_END_TAG))})(?:\s+[\w:-]+=|\s*/>))",
    re.IGNORECASE,
)
ESCAPED_BLOCK_PATTERN = re.compile(r"\s*&lt;(?:p|div|ul|ol|table|h[1-6])(?:\s|&gt;|/)", re.IGNORECASE)
MAX_BODY_CHARS = 2_000_000  # a longer body is cut where a block ends
CUT_MARKERS = ("</p>", "</li>", "</div>", "</tr>", "<br", "\n\n", "\n", "<", " ")


def looks_like_html(text: str) -> bool:
    """Whether `text` has tags that a browser knows; `a < b` and `<nobody@example.org>` do not count."""
    text = escape_non_elements(text)
    return bool(BLOCK_TAG_PATTERN.search(text) or INLINE_TAG_PATTERN.search(text))


def parse_blocks(body: str) -> list[Block]:
    """Return the blocks of a body. Never raises; takes time linear in its length."""
    body = _truncate(body)
    if ESCAPED_BLOCK_PATTERN.match(body):
        body = unescape(body)
    body = escape_non_elements(body)
    return html_blocks.parse_html(body) if is_html(body) else markdown.parse_markdown(body)


def is_html(body: str) -> bool:
    """Whether a body is read as HTML, not as Markdown or plain text. Expects `escape_non_elements` to be done."""
    if BLOCK_TAG_PATTERN.search(body):
        return True
    return "\n" not in body.strip() and bool(INLINE_TAG_PATTERN.search(body) or ELEMENT_PATTERN.search(body))


def _truncate(body: str) -> str:
    if len(body) <= MAX_BODY_CHARS:
        return body
    for marker in CUT_MARKERS:
        position = body.rfind(marker, MAX_BODY_CHARS // 2, MAX_BODY_CHARS)
        if position >= 0:
            return body[: position + (len(marker) if marker.startswith("</") else 0)]
    return body[:MAX_BODY_CHARS]
