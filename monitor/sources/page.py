"""From a web page, Markdown or plain text to entries: the page as one entry, or a part of it for each match of a
selector. Runs in a worker process (`worker.py`): trees take long over hostile nesting.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from monitor.errors import ParseError
from monitor.model import Entry
from monitor.sources.charset import decoded
from monitor.sources.feed import Feed
from monitor.sources.identity import apart, canonical, digest, key_of
from monitor.sources.reading import Reading
from monitor.sources.tidy import absolute, clean, one_line, plain, rfc3339
from monitor.text.clean import looks_like_html

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

_MAIN = ("main, [role=main]", "article")
_AROUND = "header, footer, aside, nav, [role=banner], [role=contentinfo], [role=complementary]"
_HEADINGS = "h1, h2, h3, h4, h5, h6"
_UNSEEN = ["script", "style", "noscript", "template", "form", "dialog"]
_NOT_TEXT = (b"%PDF-", b"PK\x03\x04", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"\x1f\x8b")
_MARKDOWN_TITLE = re.compile(r"\A\s*(?:#[ \t]+([^\n]{1,300})|([^\n]{1,300})\n=+[ \t]*(?:\n|\Z))")

# What stands in for a page without being it. It is believed of short pages only: long ones speak of such things.
_SHORT = 1500  # letters
_GATE = 'input[type=password], [class*="captcha" i], [id*="captcha" i], [src*="captcha" i], #challenge-form'
_GATE_TITLE = re.compile(
    r"(log|sign)[ -]?in\b|just a moment|attention required|are you (a )?(human|robot)|verify (that )?you are|"
    r"access denied|forbidden|(error )?40[0-9]\b|(error )?50[0-9]\b|page not found|not found|service unavailable|"
    r"temporarily unavailable|(site |server )?(is )?(down for |under )?maintenance|bad gateway|internal server error",
    re.IGNORECASE,
)


def parse_page(body: bytes, content_type: str, url: str, how: Reading) -> Feed:
    """Reads a page; `url` is where it came from in the end. ParseError `empty_body`, or `not_the_page` for what is
    no text, has none where it should be, or is a login, captcha or error page."""
    refuse_what_is_no_text(body)
    text = clean(decoded(body, content_type))
    kind = content_type.lower()
    if "markdown" in kind or ("html" not in kind and not looks_like_html(text)):
        found = _MARKDOWN_TITLE.match(text)
        title = one_line(found[1] or found[2]) if found else ""
        return Feed(title, (_whole(how.url or url, title, text.strip()),), None, ())
    return _html(text, url, how)


def refuse_what_is_no_text(body: bytes) -> None:
    """ParseError for nothing at all, and for documents and pictures."""
    if not body.strip():
        raise ParseError("empty_body", "the answer is empty")
    if body.startswith(_NOT_TEXT):
        raise ParseError("not_the_page", "what came is no text that can be read")


def is_gate(page: str, text: str) -> bool:
    """Whether a page stands in for another, of which `text` was found on it: a login, a captcha, an error."""
    from selectolax.lexbor import LexborHTMLParser

    return len(plain(text)) < _SHORT and _is_gate(LexborHTMLParser(page))


def _html(text: str, url: str, how: Reading) -> Feed:
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(text)
    title, gate = _title(tree), _is_gate(tree)
    tree.strip_tags(_UNSEEN)
    regions = _selected(tree, how.select)
    if how.each:
        entries = [
            _part(part, url, how.url or url) for part in _each(tree, regions if how.select else None, how.each)
        ]
        if not entries and gate:
            raise _gated()
        return Feed(title, apart(entries), None, ())
    if not any(_text(region) for region in regions):
        where = f'nothing on the page meets the selector "{how.select}"' if how.select else "the page holds no text"
        raise ParseError("not_the_page", where)
    if gate and not how.select and sum(len(_text(region)) for region in regions) < _SHORT:
        raise _gated()
    body = "\n".join(region.html or "" for region in regions)
    return Feed(title, (_whole(how.url or url, title, body),), None, ())


def _gated() -> ParseError:
    return ParseError("not_the_page", "a login, captcha or error page came instead of the page")


def _whole(url: str, title: str, body: str) -> Entry:
    return Entry(key=canonical(url), title=title, url=url, body=body)


def _title(tree: LexborHTMLParser) -> str:
    """The page's one heading of the first rank; with none or several, what the browser's tab says."""
    tab = tree.css_first("title")
    heads = [head for head in map(_text, tree.css("h1")) if head]
    return heads[0] if len(heads) == 1 or (heads and not tab) else _text(tab) if tab else ""


def _is_gate(tree: LexborHTMLParser) -> bool:
    said = [_text(found) for found in (tree.css_first("title"), tree.css_first("h1")) if found]
    return bool(tree.css_first(_GATE)) or any(_GATE_TITLE.match(text) for text in said)


def _selected(tree: LexborHTMLParser, select: str) -> list[Any]:
    """The elements whose text counts: those selected, else the page's main part, else all but what frames it."""
    if select:
        return _outermost(tree.css(select))
    for main in _MAIN:
        if found := [node for node in _outermost(tree.css(main)) if _text(node)]:
            return found
    for node in _outermost(tree.css(_AROUND)):
        node.decompose()
    return [tree.body] if tree.body else []


def _each(tree: LexborHTMLParser, regions: Sequence[Any] | None, each: str) -> list[Any]:
    if regions is None:
        return _outermost(tree.css(each))
    return _outermost(part for region in regions for part in region.css(each))


def _outermost(nodes: Iterable[Any]) -> list[Any]:
    """Without those that stand in another of them."""
    nodes = list(nodes)
    chosen = {node.mem_id for node in nodes}
    return [node for node in nodes if not any(above.mem_id in chosen for above in _above(node))]


def _above(node: Any) -> Iterable[Any]:
    while node := node.parent:
        yield node


def _part(node: Any, url: str, page: str) -> Entry:
    """One part of a page. It is known by its id, else its first link, else its heading, else what it says."""
    heading, stamp = node.css_first(_HEADINGS), node.css_first("time[datetime]")
    title, body = _text(heading) if heading else "", node.html or ""
    anchor = one_line((node.attributes or {}).get("id"))
    links = (absolute(link.attributes.get("href"), url) for link in node.css("a[href]"))
    link = next((link for link in links if link), "")
    if anchor:
        key, link = f"{canonical(page)}#{anchor}", f"{page.partition('#')[0]}#{anchor}"
    elif link or not title:
        key = key_of("", link, title, body)
    else:
        key = f"{canonical(page)} {digest(title)}"
    published = rfc3339(stamp.attributes.get("datetime")) if stamp else None
    return Entry(key=key, title=title, url=link or page, body=body, published=published)


def _text(node: Any) -> str:
    return one_line(node.text(separator=" "))
