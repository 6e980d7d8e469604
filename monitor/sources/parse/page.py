"""Parses a web page, Markdown or plain text: the page is one entry, or each match of a selector is one. Runs in a
worker process, because hostile nesting makes parsing slow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from monitor.errors import ParseError
from monitor.model import Entry
from monitor.sources.parse.charset import decode_body
from monitor.sources.parse.dates import parse_date
from monitor.sources.parse.feed import Feed
from monitor.sources.parse.identity import canonical_url, entry_key, text_digest, with_unique_keys
from monitor.sources.parse.options import ParseOptions
from monitor.sources.parse.sanitize import absolute_url, clean_line, clean_text, html_to_line
from monitor.text.blocks import looks_like_html

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

_MAIN_SELECTORS = ("main, [role=main]", "article")
_FRAME_SELECTOR = "header, footer, aside, nav, [role=banner], [role=contentinfo], [role=complementary]"
_HEADING_SELECTOR = "h1, h2, h3, h4, h5, h6"
_HIDDEN_TAGS = ["script", "style", "noscript", "template", "form", "dialog"]
_BINARY_SIGNATURES = (b"%PDF-", b"PK\x03\x04", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"\x1f\x8b")
_MARKDOWN_TITLE = re.compile(r"\A\s*(?:#[ \t]+([^\n]{1,300})|([^\n]{1,300})\n=+[ \t]*(?:\n|\Z))")

# Signs of a login, captcha or error page. They count on short pages only: a long page may be about such things.
_MAX_INTERSTITIAL_CHARS = 1500
_INTERSTITIAL_SELECTOR = (
    'input[type=password], [class*="captcha" i], [id*="captcha" i], [src*="captcha" i], #challenge-form'
)
_INTERSTITIAL_TITLE = re.compile(
    r"(log|sign)[ -]?in\b|just a moment|attention required|are you (a )?(human|robot)|verify (that )?you are|"
    r"access denied|forbidden|(error )?40[0-9]\b|(error )?50[0-9]\b|page not found|not found|service unavailable|"
    r"temporarily unavailable|(site |server )?(is )?(down for |under )?maintenance|bad gateway|internal server error",
    re.IGNORECASE,
)


def parse_page(body: bytes, content_type: str, url: str, options: ParseOptions) -> Feed:
    """Parse a page; `url` is its URL after redirects. Raises ParseError with code `empty_body`, or `not_the_page` if
    the page or its selected part has no text, or a login, captcha or error page was served."""
    reject_non_text(body)
    text = clean_text(decode_body(body, content_type))
    media_type = content_type.lower()
    if "markdown" in media_type or ("html" not in media_type and not looks_like_html(text)):
        match = _MARKDOWN_TITLE.match(text)
        title = clean_line(match[1] or match[2]) if match else ""
        return Feed(title, (_page_entry(options.url or url, title, text.strip()),), None, ())
    return _parse_html(text, url, options)


def reject_non_text(body: bytes) -> None:
    """Raise ParseError for an empty body and for binary formats such as PDF and images."""
    if not body.strip():
        raise ParseError("empty_body", "the response is empty")
    if body.startswith(_BINARY_SIGNATURES):
        raise ParseError("not_the_page", "expected text, found a binary file")


def is_interstitial(page: str, text: str) -> bool:
    """Return whether a page, with `text` as its main text, is a login, captcha or error page instead of the expected
    one."""
    from selectolax.lexbor import LexborHTMLParser

    return len(html_to_line(text)) < _MAX_INTERSTITIAL_CHARS and _has_interstitial_signs(LexborHTMLParser(page))


def _parse_html(text: str, url: str, options: ParseOptions) -> Feed:
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(text)
    title, has_signs = _page_title(tree), _has_interstitial_signs(tree)
    tree.strip_tags(_HIDDEN_TAGS)
    regions = _content_regions(tree, options.select)
    if options.each:
        parts = _select_parts(tree, regions if options.select else None, options.each)
        entries = [_part_entry(part, url, options.url or url) for part in parts]
        if not entries and has_signs:
            raise _interstitial_error()
        return Feed(title, with_unique_keys(entries), None, ())
    text_length = sum(len(_node_text(region)) for region in regions)
    if not text_length and options.select:
        raise ParseError("not_the_page", f'the selector "{options.select}" matches no text on the page')
    if not text_length:
        raise ParseError("not_the_page", "the page contains no text")
    if has_signs and not options.select and text_length < _MAX_INTERSTITIAL_CHARS:
        raise _interstitial_error()
    body = "\n".join(region.html or "" for region in regions)
    return Feed(title, (_page_entry(options.url or url, title, body),), None, ())


def _interstitial_error() -> ParseError:
    return ParseError("not_the_page", "expected the page, found a login, captcha or error page")


def _page_entry(url: str, title: str, body: str) -> Entry:
    return Entry(key=canonical_url(url), title=title, url=url, body=body)


def _page_title(tree: LexborHTMLParser) -> str:
    """The text of the only `<h1>`; with none or several, the text of `<title>`."""
    title_tag = tree.css_first("title")
    headings = [heading for heading in map(_node_text, tree.css("h1")) if heading]
    if len(headings) == 1 or (headings and not title_tag):
        return headings[0]
    return _node_text(title_tag) if title_tag else ""


def _has_interstitial_signs(tree: LexborHTMLParser) -> bool:
    titles = [_node_text(node) for node in (tree.css_first("title"), tree.css_first("h1")) if node]
    return bool(tree.css_first(_INTERSTITIAL_SELECTOR)) or any(_INTERSTITIAL_TITLE.match(title) for title in titles)


def _content_regions(tree: LexborHTMLParser, select: str) -> list[Any]:
    """The selected elements, else the main part of the page, else its body without headers, footers and the like.
    Removes the latter from the tree."""
    if select:
        return _outermost(tree.css(select))
    for main in _MAIN_SELECTORS:
        if regions := [node for node in _outermost(tree.css(main)) if _node_text(node)]:
            return regions
    for node in _outermost(tree.css(_FRAME_SELECTOR)):
        node.decompose()
    return [tree.body] if tree.body else []


def _select_parts(tree: LexborHTMLParser, regions: Sequence[Any] | None, each: str) -> list[Any]:
    if regions is None:
        return _outermost(tree.css(each))
    return _outermost(part for region in regions for part in region.css(each))


def _outermost(nodes: Iterable[Any]) -> list[Any]:
    """The nodes that are not inside another of them."""
    nodes = list(nodes)
    chosen_ids = {node.mem_id for node in nodes}
    return [node for node in nodes if not any(ancestor.mem_id in chosen_ids for ancestor in _ancestors(node))]


def _ancestors(node: Any) -> Iterable[Any]:
    while node := node.parent:
        yield node


def _part_entry(node: Any, url: str, page: str) -> Entry:
    """One part of a page. Its key comes from its id, else its first link, else its heading, else its text."""
    heading, time_tag = node.css_first(_HEADING_SELECTOR), node.css_first("time[datetime]")
    title, body = _node_text(heading) if heading else "", node.html or ""
    anchor = clean_line((node.attributes or {}).get("id"))
    links = (absolute_url(link.attributes.get("href"), url) for link in node.css("a[href]"))
    link = next((link for link in links if link), "")
    if anchor:
        key, link = f"{canonical_url(page)}#{anchor}", f"{page.partition('#')[0]}#{anchor}"
    elif link or not title:
        key = entry_key("", link, title, body)
    else:
        key = f"{canonical_url(page)} {text_digest(title)}"
    published = parse_date(time_tag.attributes.get("datetime")) if time_tag else None
    return Entry(key=key, title=title, url=link or page, body=body, published=published)


def _node_text(node: Any) -> str:
    return clean_line(node.text(separator=" "))
