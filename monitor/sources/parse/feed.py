"""Parses feeds: RSS 0.9 to 2.0, RDF, Atom 0.3 and 1.0, CDF and JSON Feed.

Runs in a worker process: a hostile feed can make feedparser loop, use much memory or raise any error. feedparser gets
a file object, because it would open a string that is a path or a URL.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from monitor.errors import ParseError
from monitor.model import Entry, Moment
from monitor.sources.parse import jsonfeed
from monitor.sources.parse.charset import decode_body, xml_as_utf8
from monitor.sources.parse.dates import entry_dates
from monitor.sources.parse.feed_items import FeedFingerprint
from monitor.sources.parse.garbled import looks_garbled
from monitor.sources.parse.identity import entry_key, with_unique_keys
from monitor.sources.parse.interstitial import describe_page
from monitor.sources.parse.sanitize import absolute_url, clean_line, clean_text, html_to_line
from monitor.units import DAY, HOUR

_BLANK_BYTES = b"\xef\xbb\xbf\xfe\xff \t\r\n\0"  # byte order marks and white space
_XML_PROLOG = re.compile(rb"\s*(?:<\?[^>]*>\s*|<!--(?:(?!-->).){0,2000}-->\s*)*", re.DOTALL)
_HTML_START = re.compile(rb"<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_CHARACTER_REFERENCES = re.compile(rb"(?:&#(?:[xX][0-9a-fA-F]{1,12}|[0-9]{1,12});)+")
_BARE_AMPERSAND = re.compile(rb"&(?!(?:#[0-9]+|#[xX][0-9a-fA-F]+|[A-Za-z_:][\w:.-]*);)")
_VERBATIM_OR_AMPERSAND = re.compile(
    rb"(<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z))|" + _BARE_AMPERSAND.pattern, re.DOTALL
)
GARBLED_WARNING = "the text looks garbled, as if decoded with a wrong charset"
MAX_CHECKED_CHARS = 400  # of each title and body
_PERIOD_SECONDS = {"hourly": HOUR, "daily": DAY, "weekly": 7 * DAY, "monthly": 30 * DAY}


@dataclass(frozen=True, slots=True)
class Feed:
    """A parsed feed.

    `entries` are in the order of the feed. `ttl` is the number of seconds between changes that the feed declares.
    `warnings` are sentences about errors that could be tolerated. `is_separable` is true if each entry parses the
    same without the others. `fingerprint` lets the next poll skip known items.
    """

    title: str
    entries: tuple[Entry, ...]
    ttl: float | None
    warnings: tuple[str, ...]
    is_separable: bool = False
    fingerprint: FeedFingerprint | None = None


def parse_feed(body: bytes, content_type: str, url: str) -> Feed:
    """Parse a feed of any kind, fetched from `url`. Raises ParseError with code `empty_body`, `not_a_feed` or
    `malformed`."""
    start = body.lstrip(_BLANK_BYTES)[:4096]
    if not start:
        raise ParseError("empty_body", "the response is empty")
    if start[:1] in (b"{", b"["):
        title, items = jsonfeed.parse_json_feed(decode_body(body, content_type), url)
        return _build_feed(title, items, None, ())
    if is_html_page(body):
        raise ParseError("not_a_feed", f"not a feed: {describe_page(decode_body(body, content_type))}")
    parsed, separable = _parse_with_retries(escape_bare_ampersands(xml_as_utf8(body, content_type)))
    if not parsed.version and not parsed.entries:
        raise ParseError("not_a_feed", "not a feed: no known feed format found")
    warnings = ("the feed is not well-formed; some of it may be missing",) if parsed.bozo else ()
    dates = entry_dates(
        [_date_texts(item) for item in parsed.entries], parsed.feed.get("language"), _date_texts(parsed.feed)
    )
    items = [_build_entry(*pair, url) for pair in zip(parsed.entries, dates.published, strict=True)]
    feed = _build_feed(_field_text(parsed.feed, "title"), items, _ttl_seconds(parsed.feed), warnings)
    has_distinct_keys = 0 < len({entry.key for entry in items}) == len(items)
    return replace(feed, is_separable=separable and has_distinct_keys and not dates.needs_context)


def is_html_page(body: bytes) -> bool:
    """Whether a body begins as an HTML page does, after comments and a declaration."""
    start = body.lstrip(_BLANK_BYTES)[:4096]
    prologue = _XML_PROLOG.match(start)
    return _HTML_START.match(start, prologue.end() if prologue else 0) is not None


def escape_bare_ampersands(body: bytes) -> bytes:
    """Escape each `&` of a feed in UTF-8 that begins no reference, as in "R&D", outside CDATA and comments."""
    if not _BARE_AMPERSAND.search(body):
        return body
    return _VERBATIM_OR_AMPERSAND.sub(lambda match: match[1] or b"&amp;", body)


def warn_if_garbled(feed: Feed) -> Feed:
    """Add a warning if the text was probably decoded with a wrong charset."""
    titles = "\n".join(entry.title[:MAX_CHECKED_CHARS] for entry in feed.entries)
    starts = "\n".join(entry.body[:MAX_CHECKED_CHARS] for entry in feed.entries)
    if not looks_garbled(titles) and not looks_garbled(starts):
        return feed
    return replace(feed, warnings=(*feed.warnings, GARBLED_WARNING))


def _parse_with_retries(body: bytes) -> tuple[Any, bool]:
    """Return feedparser's result for a feed in UTF-8, and whether its items are separable.

    If feedparser raises, retry without its most frequent cause: invalid character references.
    """
    from monitor.sources.parse.item_isolation import is_separable

    parsed = _try_feedparser(body)
    if parsed is not None:
        return parsed, is_separable(parsed)
    parsed = _try_feedparser(_CHARACTER_REFERENCES.sub(_valid_references, body))
    if parsed is None:
        raise ParseError("malformed", "the feed is too malformed to be parsed")
    return parsed, False


def _try_feedparser(body: bytes) -> Any:
    """Return feedparser's result, or None if it raised any error but MemoryError."""
    from monitor.sources.parse.item_isolation import run_feedparser

    # Without the URL of the feed: feedparser would resolve ids that look like paths, and they would change with it.
    # The charset in the headers precedes the one in the feed, which may be wrong.
    headers = {"content-type": "application/xml; charset=utf-8"}
    try:
        # Without sanitizing, which doubles the time: text is cleaned where it is split.
        return run_feedparser(
            io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except MemoryError:  # ends the worker
        raise
    except Exception:  # feedparser raises errors of many kinds on malformed feeds
        return None


def _valid_references(match: re.Match[bytes]) -> bytes:
    """Replace invalid references in a run of character references, and join surrogate pairs into one character."""
    codes = match[0].decode("ascii").lower().strip("&#;").split(";&#")
    numbers = (int(name[1:], 16) if name[0] == "x" else int(name) for name in codes)
    text = "".join(chr(number) if number <= 0x10FFFF else "\ufffd" for number in numbers)
    return "".join(f"&#{ord(letter)};" for letter in clean_text(text)).encode("ascii")


def _build_feed(title: str, entries: Sequence[Entry], ttl: float | None, warnings: tuple[str, ...]) -> Feed:
    if len({entry.key for entry in entries}) < len(entries):
        warnings += ("several entries of the feed have the same id",)
    return Feed(title, with_unique_keys(entries), ttl, warnings)


def _build_entry(item: Any, published: Moment | None, url: str) -> Entry:
    title, body, link = _field_text(item, "title"), _longest_text(item), _entry_url(item, url)
    return Entry(
        key=entry_key(clean_line(item.get("id")), link, title, body),
        title=title,
        url=link,
        body=body,
        author=clean_line(item.get("author")),
        tags=_tag_names(item.get("tags") or ()),
        published=published,
    )


def _field_text(item: Any, name: str) -> str:
    """A field of text or HTML as one line of text."""
    detail = item.get(f"{name}_detail") or {}
    text = clean_text(item.get(name))
    return clean_line(text) if detail.get("type") == "text/plain" else html_to_line(text)


def _longest_text(item: Any) -> str:
    """The longest of contents and summary: some feeds swap the two."""
    parts = [
        part.get("value") for part in item.get("content") or () if _is_readable(part.get("type"), part.get("value"))
    ]
    return max((clean_text(part).strip() for part in (*parts, item.get("summary"))), key=len)


def _is_readable(media_type: str | None, value: object) -> bool:
    """Return whether a content is text. feedparser decodes base64 content of unknown type if it is text."""
    if media_type == "application/octet-stream":
        return any(" " in line.strip() for line in str(value).splitlines())
    return not media_type or media_type.startswith("text") or "html" in media_type or "xml" in media_type


def _entry_url(item: Any, url: str) -> str:
    links = (link.get("href") for link in item.get("links") or () if link.get("rel") != "self")
    urls = (absolute_url(link, url) for link in (item.get("link"), *links))
    return next(filter(None, urls), "")


def _date_texts(item: Any) -> list[object]:
    # Not `item.get`: feedparser substitutes one date for another there, with a warning.
    return [dict.get(item, name) for name in ("published", "updated", "created")]


def _tag_names(tags: Iterable[Any]) -> tuple[str, ...]:
    names = (clean_line(tag.get("term") or tag.get("label")) for tag in tags)
    return tuple(dict.fromkeys(name for name in names if name))


def _ttl_seconds(feed: Any) -> float | None:
    """Seconds between changes, from `ttl` (in minutes), else from the syndication module."""
    if minutes := _parse_number(feed.get("ttl")):
        return minutes * 60
    period = _PERIOD_SECONDS.get(clean_line(feed.get("sy_updateperiod")).lower())
    updates_per_period = _parse_number(feed.get("sy_updatefrequency")) or 1.0
    return period / updates_per_period if period else None


def _parse_number(text: object) -> float:
    """0.0 if the text is not a number."""
    match = re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", clean_line(text))
    return float(match[0]) if match else 0.0
