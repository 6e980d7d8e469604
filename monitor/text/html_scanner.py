"""Reads HTML as a stream of texts and tags, in time that grows with its length only.

A tree would be more than is needed and less than is safe: a parser that builds one takes seconds over fifty
thousand nested tags, or over one tag with forty thousand attributes. What nobody sees is left out here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from html import unescape


class HtmlEvent(Enum):
    TEXT = "text"
    OPEN = "open"
    CLOSE = "close"


# Every alternative matches wherever it starts, to the end of the text at worst: the scan never goes back.
TOKEN = re.compile(
    r"(?P<text>[^<]++)"
    r"|<(?P<close>/?)(?P<name>[a-zA-Z][^\s/>]*+)"
    r"(?P<rest>(?:[^>\"'=]++|=\s*+(?:\"[^\"]*+\"?|'[^']*+'?)?|[\"'])*+)>?"
    r"|<!--(?:-?>|.*?--!?>|.*)"
    r"|<[!?/][^>]*+>?"
    r"|(?P<less><)",
    re.DOTALL,
)
STRING = re.compile(r"\"[^\"]*+\"?|'[^']*+'?")
HIDDEN_WORD = re.compile(r"(?:^|[\s\"'/])hidden(?=[\s=/\"']|$)")
HIDDEN_VALUE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|role\s*=\s*[\"']?navigation")

RAW = frozenset("script style textarea title xmp iframe noembed noframes".split())
UNSEEN = frozenset(
    "nav noscript template svg object audio video canvas map select datalist button del s strike".split()
)
VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
ENDED_BY_NEXT = frozenset("p li dt dd td th tr option".split())
PATIENCE = 3  # hidden elements that never close; after so many, hidden ones are read like the rest


def scan_html(html: str) -> Iterator[tuple[HtmlEvent, str]]:
    """Texts (entities decoded) and the names of tags in small letters, without what is hidden or struck out."""
    position, patience = 0, PATIENCE
    while token := TOKEN.match(html, position):
        position = token.end()
        if text := token["text"] or token["less"]:
            yield HtmlEvent.TEXT, unescape(text) if "&" in text else text
            continue
        if not (name := token["name"]):
            continue
        name = name.lower()
        if token["close"]:
            yield HtmlEvent.CLOSE, name
        elif name not in RAW and not _hides(name, token["rest"]):
            yield HtmlEvent.OPEN, name
        elif not token["rest"].endswith("/"):
            end = _raw_end(html, position, name) if name in RAW else _hidden_end(html, position, name, patience)
            patience -= end is None
            position = end or position


def _hides(name: str, rest: str) -> bool:
    if name in UNSEEN:
        return True
    if not rest or name in VOID:
        return False
    rest = rest.lower()
    if "hidden" not in rest and "none" not in rest and "navigation" not in rest:
        return False
    return bool(HIDDEN_VALUE.search(rest) or HIDDEN_WORD.search(STRING.sub('""', rest)))


def _raw_end(html: str, position: int, name: str) -> int:
    """Where the tag that closes a script or its like begins; the end of the text if nothing closes it."""
    found = re.compile(f"</{name}", re.IGNORECASE).search(html, position)
    return found.start() if found else len(html)


def _hidden_end(html: str, position: int, name: str, patience: int) -> int | None:
    """Where a hidden element ends, or None if nothing ends it: then it is better read than lost with the rest."""
    depth = 1
    for token in TOKEN.finditer(html, position) if patience > 0 else ():
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
