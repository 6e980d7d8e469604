"""Parses a web page, Markdown, plain text, XML or PDF: the page is one entry, or each match of a selector is one.
Runs in a worker process, because hostile nesting makes parsing slow.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from monitor.errors import ParseError
from monitor.model import Entry
from monitor.sources.parse.attributes import add_attributes
from monitor.sources.parse.charset import decode_body
from monitor.sources.parse.dates import parse_date
from monitor.sources.parse.feed import Feed, parse_feed
from monitor.sources.parse.forms import remove_small_forms
from monitor.sources.parse.html_tree import FRAME_SELECTOR, node_text, outermost
from monitor.sources.parse.identity import canonical_url, entry_key, text_digest, with_unique_keys
from monitor.sources.parse.interstitial import (
    MAX_INTERSTITIAL_CHARS,
    NEEDS_JAVASCRIPT,
    empty_page_error,
    interstitial_error,
    plain_interstitial_error,
)
from monitor.sources.parse.options import ParseOptions
from monitor.sources.parse.pdf import SIGNATURE as PDF_SIGNATURE
from monitor.sources.parse.pdf import is_pdf, parse_pdf
from monitor.sources.parse.sanitize import absolute_url, clean_line, clean_text, html_to_line
from monitor.sources.parse.sitemap import SITEMAP_ROOTS, parse_address_list, parse_sitemap
from monitor.sources.parse.xml_lines import document_title, xml_to_html
from monitor.sources.parse.xml_tree import parse_xml, root_name, xml_text
from monitor.text.blocks import looks_like_html
from monitor.text.elements import escape_non_elements

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

_MAIN_SELECTORS = ("main, [role=main]", "article")
_HEADING_SELECTOR = "h1, h2, h3, h4, h5, h6"
_HIDDEN_TAGS = ["script", "style", "noscript", "template"]
_BINARY_SIGNATURES = (PDF_SIGNATURE, b"PK\x03\x04", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"\x1f\x8b")
_MARKDOWN_TITLE = re.compile(r"\A\s*(?:#[ \t]+([^\n]{1,300})|([^\n]{1,300})\n=+[ \t]*(?:\n|\Z))")
_FIGURE = re.compile(r"\d+")
_FEED_ROOTS = ("rss", "rdf", "feed")


def parse_page(body: bytes, content_type: str, url: str, options: ParseOptions) -> Feed:
    """Parse a page; `url` is its URL after redirects. Raises ParseError with code `empty_body`, or `not_the_page` if
    the page or its selected part has no text, or an interstitial was served; for a PDF also the codes of
    `parse_pdf`."""
    if is_pdf(body):
        return parse_pdf(body, url, options)
    reject_non_text(body)
    if not (options.select or options.each) and (feed := _parse_xml_page(body, content_type, url, options)):
        return feed
    text = clean_text(decode_body(body, content_type))
    media_type = content_type.lower()
    if "markdown" in media_type or ("html" not in media_type and not looks_like_html(text)):
        return _parse_plain(text, url, options)
    try:
        return _parse_html(text, url, options)
    except ParseError as error:
        if error.code == NEEDS_JAVASCRIPT and options.render:
            raise ParseError(
                NEEDS_JAVASCRIPT, "the page has no text even after its scripts (JavaScript) have run"
            ) from None
        raise


def reject_non_text(body: bytes) -> None:
    """Raise ParseError for an empty body and for binary formats such as images and archives."""
    if not body.strip():
        raise ParseError("empty_body", "the response is empty")
    if body.startswith(_BINARY_SIGNATURES):
        raise ParseError("not_the_page", "expected text, found a binary file")


def _parse_xml_page(body: bytes, content_type: str, url: str, options: ParseOptions) -> Feed | None:
    """Parse a sitemap, a feed or other XML; None for anything else, also for XML that is not well-formed."""
    text = xml_text(body, content_type)
    root = root_name(text)
    if root in SITEMAP_ROOTS:
        return parse_sitemap(text, url)
    if root in _FEED_ROOTS:
        return parse_feed(body, content_type, url)
    if root in ("", "html") or not (text.lstrip().startswith("<?xml") or _is_xml_type(content_type)):
        return None
    try:
        document = parse_xml(text)
    except ParseError:
        return None
    title = document_title(document)
    return Feed(title, (_page_entry(options.url or url, title, xml_to_html(document)),), None, ())


def _is_xml_type(content_type: str) -> bool:
    media_type = content_type.lower().partition(";")[0].strip()
    return media_type in ("text/xml", "application/xml") or (media_type.endswith("+xml") and "html" not in media_type)


def _parse_plain(text: str, url: str, options: ParseOptions) -> Feed:
    if error := plain_interstitial_error(text):
        raise error
    if feed := parse_address_list(text, url):
        return feed
    match = _MARKDOWN_TITLE.match(text)
    title = clean_line(match[1] or match[2]) if match else ""
    return Feed(title, (_page_entry(options.url or url, title, text.strip()),), None, ())


def _parse_html(text: str, url: str, options: ParseOptions) -> Feed:
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(escape_non_elements(text))
    title = _page_title(tree)
    tree.strip_tags(_HIDDEN_TAGS)
    remove_small_forms(tree, [selector for selector in (options.select, options.each) if selector])
    regions = _content_regions(tree, options.select)
    parts = _select_parts(tree, regions if options.select else None, options.each) if options.each else regions
    _reject_interstitial(text, parts, is_selected=bool(options.select or options.each))
    if options.attributes:
        add_attributes(tree, parts, url)
    if options.each and _has_text(tree):
        entries = [_part_entry(part, url, options.url or url) for part in parts]
        return Feed(title, with_unique_keys(entries), None, ())
    if not any(map(node_text, parts)):
        raise _no_text_error(text, options.select)
    body = "\n".join(region.html or "" for region in regions)
    return Feed(title, (_page_entry(options.url or url, title, body),), None, ())


def _reject_interstitial(page: str, parts: Collection[Any], *, is_selected: bool) -> None:
    """Raise ParseError if the page, with these parts as its content, is an interstitial."""
    if sum(len(node_text(part)) for part in parts) > MAX_INTERSTITIAL_CHARS:
        return
    selected = "\n".join(part.html or "" for part in parts) if is_selected else None
    if error := interstitial_error(page, selected):
        raise error


def _has_text(tree: LexborHTMLParser) -> bool:
    return tree.body is not None and bool(node_text(tree.body))


def _no_text_error(page: str, select: str) -> ParseError:
    if select:
        return ParseError("not_the_page", f'the selector "{select}" matches no text on the page')
    return empty_page_error(page)


def _page_entry(url: str, title: str, body: str) -> Entry:
    return Entry(key=canonical_url(url), title=title, url=url, body=body)


def _page_title(tree: LexborHTMLParser) -> str:
    """The text of the only `<h1>`; with none or several, the text of `<title>`."""
    title_tag = tree.css_first("title")
    headings = [heading for heading in map(_title_text, tree.css("h1")) if heading]
    if len(headings) == 1 or (headings and not title_tag):
        return headings[0]
    return _title_text(title_tag) if title_tag else ""


def _title_text(node: Any) -> str:
    """The text of a title; unlike in `node_text`, a tag inside a word does not divide it."""
    return html_to_line(node.html or "")


def _content_regions(tree: LexborHTMLParser, select: str) -> list[Any]:
    """The selected elements, else the main part of the page, else its body without headers, footers and the like.
    Removes the latter from the tree."""
    if select:
        return outermost(tree.css(select))
    for main in _MAIN_SELECTORS:
        if regions := [node for node in outermost(tree.css(main)) if node_text(node)]:
            return regions
    for node in outermost(tree.css(FRAME_SELECTOR)):
        node.decompose()
    return [tree.body] if tree.body else []


def _select_parts(tree: LexborHTMLParser, regions: Sequence[Any] | None, each: str) -> list[Any]:
    if regions is None:
        return outermost(tree.css(each))
    return outermost(part for region in regions for part in region.css(each))


def _part_entry(node: Any, url: str, page: str) -> Entry:
    """One part of a page. Its key comes from its id, else its first link, else its heading, else its text without
    figures: a figure that moves is an edit."""
    heading, time_tag = node.css_first(_HEADING_SELECTOR), node.css_first("time[datetime]")
    title, body = _title_text(heading) if heading else "", node.html or ""
    anchor = clean_line((node.attributes or {}).get("id"))
    links = (absolute_url(link.attributes.get("href"), url) for link in node.css("a[href]"))
    link = next((link for link in links if link), "")
    if anchor:
        key, link = f"{canonical_url(page)}#{anchor}", f"{page.partition('#')[0]}#{anchor}"
    elif link:
        key = entry_key("", link, title, body)
    elif not title:
        key = entry_key("", "", "", _FIGURE.sub("0", html_to_line(body)))
    else:
        key = f"{canonical_url(page)} {text_digest(title)}"
    published = parse_date(time_tag.attributes.get("datetime")) if time_tag else None
    return Entry(key=key, title=title, url=link or page, body=body, published=published)
