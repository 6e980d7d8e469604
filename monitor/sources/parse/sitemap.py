"""Parses sitemaps, in XML or as a list of addresses: each address is an entry, titled by its news or image title,
else in words of the address."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from urllib.parse import unquote, urlsplit

from monitor.errors import ParseError
from monitor.model import Entry
from monitor.sources.parse.dates import parse_date
from monitor.sources.parse.feed import Feed
from monitor.sources.parse.identity import entry_key, with_unique_keys
from monitor.sources.parse.sanitize import absolute_url, clean_line, html_to_line
from monitor.sources.parse.xml_tree import XmlElement, parse_xml

SITEMAP_ROOTS = ("urlset", "sitemapindex")
MAX_SITEMAP_ENTRIES = 30_000  # the most recently modified ones; SQLite takes at most 32,766 keys in one query
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
_MIN_LISTED_ADDRESSES = 2  # a page may be nothing but a link
_START_BYTES = 4096  # of a body, within which the root element of a sitemap begins
_FILE_SUFFIX = re.compile(r"\.(?:html?|php|aspx?|jsp|xml|xml\.gz)$", re.IGNORECASE)
_SLUG_SEPARATOR = re.compile(r"[-_+\s]+")
_TEXT_ELEMENTS = ("title", "caption", "description")


def may_be_sitemap(body: bytes) -> bool:
    """A quick test: false for most bodies that are not sitemaps."""
    start = body[:_START_BYTES].lower()
    return any(root.encode() in start for root in SITEMAP_ROOTS)


def parse_address_list(text: str, url: str) -> Feed | None:
    """Parse a sitemap of plain text, an address a line; None if there is any other line."""
    lines = [line for line in map(clean_line, text.splitlines()) if line]
    if len(lines) < _MIN_LISTED_ADDRESSES or not all(map(_ADDRESS.fullmatch, lines)):
        return None
    entries = [_address_entry(link) for line in lines if (link := absolute_url(line, url))]
    return Feed("", with_unique_keys(_newest(entries)), None, ())


def _address_entry(link: str) -> Entry:
    title = address_in_words(link)
    return Entry(key=entry_key("", link, title, ""), title=title, url=link, body="")


def parse_sitemap(text: str, url: str) -> Feed:
    """Parse the XML of a sitemap or sitemap index. Raises ParseError with code `malformed`, `not_the_page` or
    `too_many_entries`."""
    root = parse_xml(text)
    if root.name not in SITEMAP_ROOTS:
        raise ParseError("not_the_page", "expected a sitemap, found other XML")
    entries = [entry for element in root.children if (entry := _build_entry(element, url))]
    return Feed("", with_unique_keys(_newest(entries)), None, ())


def _newest(entries: Sequence[Entry]) -> Sequence[Entry]:
    """The most recently modified entries, up to the limit. Raises ParseError if their dates do not decide which."""
    if len(entries) <= MAX_SITEMAP_ENTRIES:
        return entries
    newest = sorted(entries, key=lambda entry: entry.published or 0.0, reverse=True)
    last_read, first_left = newest[MAX_SITEMAP_ENTRIES - 1 : MAX_SITEMAP_ENTRIES + 1]
    if last_read.published == first_left.published:
        sentence = (
            f"the sitemap has {len(entries):,} addresses, more than {MAX_SITEMAP_ENTRIES:,}, and no dates to choose"
        )
        raise ParseError("too_many_entries", sentence)
    return newest[:MAX_SITEMAP_ENTRIES]


def _build_entry(element: XmlElement, url: str) -> Entry | None:
    """An `<url>` or `<sitemap>` as an entry; None for an element without an address."""
    link = absolute_url(element.child_text("loc"), url)
    if not link:
        return None
    news = next((child for child in element.children if child.name == "news"), None)
    title = html_to_line(news.child_text("title")) if news else ""
    title = title or address_in_words(link)
    texts = dict.fromkeys(line for line in _media_texts(element) if line != title)
    date = (news.child_text("publication_date") if news else "") or element.child_text("lastmod")
    return Entry(
        key=entry_key("", link, title, ""),
        title=title,
        url=link,
        body="\n".join(f"<p>{escape(line, quote=False)}</p>" for line in texts),
        published=parse_date(date) if date else None,
    )


def _media_texts(element: XmlElement) -> Iterator[str]:
    """The titles and captions of an address's images and videos."""
    for media in element.children:
        if media.name in ("image", "video"):
            yield from (html_to_line(child.text) for child in media.children if child.name in _TEXT_ELEMENTS)


def address_in_words(url: str) -> str:
    """`Ferry sank (/news/ferry-sank)`: the last part of the path in words, and the path."""
    parts = urlsplit(url)
    address = clean_line(unquote(parts.path + (f"?{parts.query}" if parts.query else "")))
    slug = _FILE_SUFFIX.sub("", unquote(parts.path).rstrip("/").rpartition("/")[2])
    words = clean_line(_SLUG_SEPARATOR.sub(" ", slug))
    if parts.query or not any(map(str.isalpha, words)):
        return f"Page {address}" if address.strip("/") else f"Start page of {parts.netloc}"
    return f"{words[0].upper()}{words[1:]} ({address})"
