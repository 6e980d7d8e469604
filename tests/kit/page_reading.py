"""Read pages of the web UI as a visitor sees them."""

from __future__ import annotations

import httpx
from selectolax.lexbor import LexborHTMLParser, LexborNode


async def read_main(reader: httpx.AsyncClient, path: str, status: int = 200) -> LexborNode:
    """Return the main part of a page."""
    return main_of(await reader.get(path), status)


def main_of(answer: httpx.Response, status: int = 200) -> LexborNode:
    assert answer.status_code == status, answer.text
    main = LexborHTMLParser(answer.text).css_first("main")
    assert main is not None
    return main


def text_of(node: LexborNode | None) -> str:
    """Return the text of a node, with each run of white space as one space."""
    assert node is not None
    return " ".join(node.text().split())


def texts(node: LexborNode, selector: str) -> list[str]:
    return [text_of(match) for match in node.css(selector)]
