"""Scans HTML into a stream of texts and tags in linear time, without hidden elements.

No tree is built: tree parsers take seconds for fifty thousand nested tags, or for one tag with forty thousand
attributes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from html import unescape

from monitor.text.elements import VOID_ELEMENTS


class HtmlEvent(Enum):
    TEXT = "text"
    OPEN = "open"
    CLOSE = "close"


# Every alternative matches wherever it starts, to the end of the text at worst: the scan never backtracks.
TOKEN_PATTERN = re.compile(
    r"(?P<text>[^<]++)"
    r"|<(?P<close>/?)(?P<name>[a-zA-Z][^\s/>]*+)"
    r"(?P<rest>(?:[^>\"'=]++|=\s*+(?:\"[^\"]*+\"?|'[^']*+'?)?|[\"'])*+)>?"
    r"|<!--(?:-?>|.*?--!?>|.*)"
    r"|<[!?/][^>]*+>?"
    r"|(?P<less><)",
    re.DOTALL,
)
QUOTED_PATTERN = re.compile(r"\"[^\"]*+\"?|'[^']*+'?")
HIDDEN_ATTRIBUTE_PATTERN = re.compile(r"(?:^|[\s\"'/])hidden(?=[\s=/\"']|$)")
HIDDEN_STYLE_PATTERN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|role\s*=\s*[\"']?navigation")

RAW_TEXT_ELEMENTS = frozenset("script style textarea title xmp iframe noembed noframes".split())
UNSEEN_ELEMENTS = frozenset(
    "nav noscript template svg object audio video canvas map select datalist button del s strike".split()
)
ENDED_BY_NEXT = frozenset("p li dt dd td th tr option".split())
# Each search for a missing end tag scans the rest of the page, so only this many are made; hidden elements after
# that are read as visible.
MAX_UNCLOSED_HIDDEN = 3


def scan_html(html: str) -> Iterator[tuple[HtmlEvent, str, str]]:
    """Yield texts (entities decoded) and lower-case tag names, without hidden and struck-out elements.

    The third value has the attributes of a start tag, as written.
    """
    position, unclosed_left = 0, MAX_UNCLOSED_HIDDEN
    while token := TOKEN_PATTERN.match(html, position):
        position = token.end()
        if text := token["text"] or token["less"]:
            yield HtmlEvent.TEXT, unescape(text) if "&" in text else text, ""
            continue
        if not (name := token["name"]):
            continue
        name = name.lower()
        if token["close"]:
            yield HtmlEvent.CLOSE, name, ""
        elif name not in RAW_TEXT_ELEMENTS and not _hides(name, token["rest"]):
            yield HtmlEvent.OPEN, name, token["rest"]
        elif token["rest"].endswith("/"):
            continue
        elif name in RAW_TEXT_ELEMENTS:
            position = _raw_end(html, position, name)
        elif (end := _hidden_end(html, position, name, unclosed_left)) is not None:
            position = end
        else:
            unclosed_left -= 1


def _hides(name: str, rest: str) -> bool:
    if name in UNSEEN_ELEMENTS:
        return True
    if not rest or name in VOID_ELEMENTS:
        return False
    rest = rest.lower()
    if "hidden" not in rest and "none" not in rest and "navigation" not in rest:
        return False
    return bool(HIDDEN_STYLE_PATTERN.search(rest) or HIDDEN_ATTRIBUTE_PATTERN.search(QUOTED_PATTERN.sub('""', rest)))


def _raw_end(html: str, position: int, name: str) -> int:
    """Return where the end tag of a raw-text element begins, or the end of the text if there is none."""
    end_tag = re.compile(f"</{name}", re.IGNORECASE).search(html, position)
    return end_tag.start() if end_tag else len(html)


def _hidden_end(html: str, position: int, name: str, unclosed_left: int) -> int | None:
    """Return where a hidden element ends, or None if it is never closed: reading it loses less than skipping."""
    depth = 1
    for token in TOKEN_PATTERN.finditer(html, position) if unclosed_left > 0 else ():
        if (token["name"] or "").lower() != name:
            continue
        if token["close"]:
            depth -= 1
        elif name in ENDED_BY_NEXT:
            return token.start()
        elif not token["rest"].endswith("/"):
            depth += 1
        if depth == 0:
            return token.end()
    return None
