"""Tells HTML from text, and turns HTML into plain text that reads well (for templates and mail)."""

from __future__ import annotations

import re
from html import unescape

from monitor.text import lines, markup
from monitor.text.block import Block

BLOCK_TAG = re.compile(
    r"<(?:!doctype\b|/?(?:html|body|head|div|p|ul|ol|li|dl|dt|dd|table|tr|td|th|h[1-6]|pre|blockquote|article|"
    r"section|figure|header|footer|main|center|details)(?=[\s/>]))",
    re.IGNORECASE,
)
INLINE_TAG = re.compile(
    r"</?(?:a|abbr|b|big|br|cite|code|em|font|hr|i|img|ins|del|s|mark|small|span|strong|sub|sup|u|iframe|script|style)"
    r"(?=[\s/>])",
    re.IGNORECASE,
)
ESCAPED_BLOCK = re.compile(r"\s*&lt;(?:p|div|ul|ol|table|h[1-6])(?:\s|&gt;|/)", re.IGNORECASE)
TEXT_CAP = 2_000_000  # letters; what is longer is cut where a block ends
BLOCK_ENDS = ("</p>", "</li>", "</div>", "</tr>", "<br", "\n\n", "\n", "<", " ")


def looks_like_html(text: str) -> bool:
    """Whether `text` holds tags that a browser would know: `a < b` and `<nobody@example.org>` do not count."""
    return bool(BLOCK_TAG.search(text) or INLINE_TAG.search(text))


def blocks(body: str) -> list[Block]:
    """The blocks of a body of HTML, Markdown or plain text. Never raises; time grows with the length only."""
    body = _capped(body)
    if ESCAPED_BLOCK.match(body):
        body = unescape(body)
    if BLOCK_TAG.search(body) or ("\n" not in body.strip() and INLINE_TAG.search(body)):
        return markup.blocks(body)
    return lines.blocks(body)


def _capped(body: str) -> str:
    if len(body) <= TEXT_CAP:
        return body
    for end in BLOCK_ENDS:
        cut = body.rfind(end, TEXT_CAP // 2, TEXT_CAP)
        if cut >= 0:
            return body[: cut + (len(end) if end.startswith("</") else 0)]
    return body[:TEXT_CAP]
