"""From the bytes of a feed to entries: RSS 0.9 to 2.0, RDF, Atom 0.3 and 1.0, CDF and JSON Feed.

Runs in a worker process (`worker.py`), because feedparser can be made to loop, swell and raise. It is given
bytes in a file object and nothing else: a path or an address it would open.
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
from monitor.sources.parse.feed_items import FeedFingerprint
from monitor.sources.parse.identity import entry_key, with_unique_keys
from monitor.sources.parse.sanitize import absolute_url, clean_line, clean_text, html_to_line, moment_from_struct
from monitor.units import DAY

_BLANK_BYTES = b"\xef\xbb\xbf\xfe\xff \t\r\n\0"  # byte order marks and white space
_XML_PROLOG = re.compile(rb"\s*(?:<\?[^>]*>\s*|<!--(?:(?!-->).){0,2000}-->\s*)*", re.DOTALL)
_HTML_START = re.compile(rb"<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_ENCODING_DECLARATION = re.compile(rb"""(?<=<\?xml)[^>]{0,200}encoding=["'][^"'>]{0,100}["'][^?>]{0,100}(?=\?>)""")
_CHARACTER_REFERENCES = re.compile(rb"(?:&#(?:[xX][0-9a-fA-F]{1,12}|[0-9]{1,12});)+")
_PERIOD_SECONDS = {"hourly": 3600.0, "daily": 86400.0, "weekly": 7 * DAY, "monthly": 30 * DAY}


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as read. `entries` in the feed's own order; `ttl` is seconds between its changes by its own word;
    `warnings` are sentences about what was wrong and did not matter. `separable`: each entry would read the same
    without the others; `imprint` is what it may be recognised by the next time."""

    title: str
    entries: tuple[Entry, ...]
    ttl: float | None
    warnings: tuple[str, ...]
    is_separable: bool = False
    fingerprint: FeedFingerprint | None = None


def parse_feed(body: bytes, content_type: str, url: str) -> Feed:
    """Reads any feed. `url` is where it came from. ParseError `empty_body`, `not_a_feed` or `malformed`."""
    start = body.lstrip(_BLANK_BYTES)[:4096]
    if not start:
        raise ParseError("empty_body", "the answer is empty")
    if start[:1] in (b"{", b"["):
        title, items = jsonfeed.parse_json_feed(body, url)
        return _build_feed(title, items, None, ())
    prologue = _XML_PROLOG.match(start)
    if _HTML_START.match(start, prologue.end() if prologue else 0):
        raise ParseError("not_a_feed", "an HTML page came instead of a feed")
    parsed, separable = _parse_with_retries(body, content_type)
    if not parsed.version and not parsed.entries:
        raise ParseError("not_a_feed", "what came is no feed of any kind that is known")
    warnings = ("the feed is not well-formed; what could be read was read",) if parsed.bozo else ()
    items = [_build_entry(item, url) for item in parsed.entries]
    feed = _build_feed(_field_text(parsed.feed, "title"), items, _ttl_seconds(parsed.feed), warnings)
    return replace(feed, is_separable=separable and 0 < len({entry.key for entry in items}) == len(items))


def _parse_with_retries(body: bytes, content_type: str) -> tuple[Any, bool]:
    """feedparser's result, and whether its items stand each by itself. Where it raises, it gets more tries, without
    what it trips over most: character references and a charset that do not exist, first the one of the headers, then
    the one in the feed."""
    from monitor.sources.parse.item_isolation import is_separable

    parsed = _try_feedparser(body, content_type)
    if parsed is not None:
        return parsed, is_separable(parsed)
    body = _CHARACTER_REFERENCES.sub(_valid_references, body)
    parsed = _try_feedparser(body, "") or _try_feedparser(_ENCODING_DECLARATION.sub(b"", body, count=1), "")
    if parsed is None:
        raise ParseError("malformed", "the feed is malformed in a way that cannot be read")
    return parsed, False


def _try_feedparser(body: bytes, content_type: str) -> Any:
    """feedparser's result, or None if it raised; it raises whatever its code runs into."""
    from monitor.sources.parse.item_isolation import run_feedparser

    # Without the address it came from: an id that looks like a path would be laid under it, and change with it.
    headers = {"content-type": content_type}
    try:
        # Markup is cleaned where text is split: sanitising here would double the time.
        return run_feedparser(
            io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except MemoryError:  # the worker's affair
        raise
    except Exception:
        return None


def _valid_references(match: re.Match[bytes]) -> bytes:
    """A run of character references without impossible ones; two halves of a character become that character."""
    codes = match[0].decode("ascii").lower().strip("&#;").split(";&#")
    numbers = (int(name[1:], 16) if name[0] == "x" else int(name) for name in codes)
    text = "".join(chr(number) if number <= 0x10FFFF else "\ufffd" for number in numbers)
    return "".join(f"&#{ord(letter)};" for letter in clean_text(text)).encode("ascii")


def _build_feed(title: str, entries: Sequence[Entry], ttl: float | None, warnings: tuple[str, ...]) -> Feed:
    if len({entry.key for entry in entries}) < len(entries):
        warnings += ("several entries of the feed share an id",)
    return Feed(title, with_unique_keys(entries), ttl, warnings)


def _build_entry(item: Any, url: str) -> Entry:
    title, body, link = _field_text(item, "title"), _longest_text(item), _entry_url(item, url)
    return Entry(
        key=entry_key(clean_line(item.get("id")), link, title, body),
        title=title,
        url=link,
        body=body,
        author=clean_line(item.get("author")),
        tags=_tag_names(item.get("tags") or ()),
        published=_published_at(item),
    )


def _field_text(item: Any, name: str) -> str:
    """One line of text, whether it was given as text or as HTML."""
    detail = item.get(f"{name}_detail") or {}
    text = clean_text(item.get(name))
    return clean_line(text) if detail.get("type") == "text/plain" else html_to_line(text)


def _longest_text(item: Any) -> str:
    """The longest text the entry has: content beats a summary, and some feeds have it the other way round."""
    parts = [
        part.get("value") for part in item.get("content") or () if _is_readable(part.get("type"), part.get("value"))
    ]
    return max((clean_text(part).strip() for part in (*parts, item.get("summary"))), key=len)


def _is_readable(media_type: str | None, value: object) -> bool:
    """Whether a content is for people. Bytes of no kind came in base64, and stay so if they are no text."""
    if media_type == "application/octet-stream":
        return any(" " in line.strip() for line in str(value).splitlines())
    return not media_type or media_type.startswith("text") or "html" in media_type or "xml" in media_type


def _entry_url(item: Any, url: str) -> str:
    links = (link.get("href") for link in item.get("links") or () if link.get("rel") != "self")
    return next(
        (address for address in (absolute_url(link, url) for link in (item.get("link"), *links)) if address), ""
    )


def _published_at(item: Any) -> Moment | None:
    names = ("published_parsed", "updated_parsed", "created_parsed")
    # Not by the item's own `get`: it takes one date for another and warns of it.
    return next((at for at in (moment_from_struct(dict.get(item, name)) for name in names) if at is not None), None)


def _tag_names(tags: Iterable[Any]) -> tuple[str, ...]:
    names = (clean_line(tag.get("term") or tag.get("label")) for tag in tags)
    return tuple(dict.fromkeys(name for name in names if name))


def _ttl_seconds(feed: Any) -> float | None:
    """Seconds between changes by `ttl` (minutes), else by the syndication module."""
    if minutes := _parse_number(feed.get("ttl")):
        return minutes * 60
    period = _PERIOD_SECONDS.get(clean_line(feed.get("sy_updateperiod")).lower())
    return period / (_parse_number(feed.get("sy_updatefrequency")) or 1.0) if period else None


def _parse_number(text: object) -> float:
    match = re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", clean_line(text))
    return float(match[0]) if match else 0.0
