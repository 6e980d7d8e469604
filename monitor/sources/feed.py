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
from monitor.sources import jsonfeed
from monitor.sources.identity import apart, key_of
from monitor.sources.imprint import Imprint
from monitor.sources.tidy import absolute, clean, moment, one_line, plain

_BLANK = b"\xef\xbb\xbf\xfe\xff \t\r\n\0"  # byte order marks and white space
_PROLOGUE = re.compile(rb"\s*(?:<\?[^>]*>\s*|<!--(?:(?!-->).){0,2000}-->\s*)*", re.DOTALL)
_HTML = re.compile(rb"<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_ENCODING = re.compile(rb"""(?<=<\?xml)[^>]{0,200}encoding=["'][^"'>]{0,100}["'][^?>]{0,100}(?=\?>)""")
_REFERENCES = re.compile(rb"(?:&#(?:[xX][0-9a-fA-F]{1,12}|[0-9]{1,12});)+")
_PERIODS = {"hourly": 3600.0, "daily": 86400.0, "weekly": 7 * 86400.0, "monthly": 30 * 86400.0}


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as read. `entries` in the feed's own order; `ttl` is seconds between its changes by its own word;
    `warnings` are sentences about what was wrong and did not matter. `separable`: each entry would read the same
    without the others; `imprint` is what it may be recognised by the next time."""

    title: str
    entries: tuple[Entry, ...]
    ttl: float | None
    warnings: tuple[str, ...]
    separable: bool = False
    imprint: Imprint | None = None


def parse_feed(body: bytes, content_type: str, url: str) -> Feed:
    """Reads any feed. `url` is where it came from. ParseError `empty_body`, `not_a_feed` or `malformed`."""
    start = body.lstrip(_BLANK)[:4096]
    if not start:
        raise ParseError("empty_body", "the answer is empty")
    if start[:1] in (b"{", b"["):
        title, items = jsonfeed.read(body, url)
        return _feed(title, items, None, ())
    prologue = _PROLOGUE.match(start)
    if _HTML.match(start, prologue.end() if prologue else 0):
        raise ParseError("not_a_feed", "an HTML page came instead of a feed")
    found, separable = _read(body, content_type)
    if not found.version and not found.entries:
        raise ParseError("not_a_feed", "what came is no feed of any kind that is known")
    warnings = ("the feed is not well-formed; what could be read was read",) if found.bozo else ()
    items = [_entry(item, url) for item in found.entries]
    feed = _feed(_text(found.feed, "title"), items, _ttl(found.feed), warnings)
    return replace(feed, separable=separable and 0 < len({entry.key for entry in items}) == len(items))


def _read(body: bytes, content_type: str) -> tuple[Any, bool]:
    """feedparser's result, and whether its items stand each by itself. Where it raises, it gets more tries, without
    what it trips over most: character references and a charset that do not exist, first the one of the headers, then
    the one in the feed."""
    from monitor.sources.strict import is_separable  # only ever in a worker; the daemon needs `Feed` alone

    found = _feedparser(body, content_type)
    if found is not None:
        return found, is_separable(found)
    body = _REFERENCES.sub(_possible, body)
    found = _feedparser(body, "") or _feedparser(_ENCODING.sub(b"", body, count=1), "")
    if found is None:
        raise ParseError("malformed", "the feed is malformed in a way that cannot be read")
    return found, False


def _feedparser(body: bytes, content_type: str) -> Any:
    """feedparser's result, or None if it raised; it raises whatever its code runs into."""
    from monitor.sources.strict import parse

    # Without the address it came from: an id that looks like a path would be laid under it, and change with it.
    headers = {"content-type": content_type}
    try:
        # Markup is cleaned where text is split: sanitising here would double the time.
        return parse(io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False)
    except MemoryError:  # the worker's affair
        raise
    except Exception:
        return None


def _possible(found: re.Match[bytes]) -> bytes:
    """A run of character references without impossible ones; two halves of a character become that character."""
    names = found[0].decode("ascii").lower().strip("&#;").split(";&#")
    numbers = (int(name[1:], 16) if name[0] == "x" else int(name) for name in names)
    text = "".join(chr(number) if number <= 0x10FFFF else "\ufffd" for number in numbers)
    return "".join(f"&#{ord(letter)};" for letter in clean(text)).encode("ascii")


def _feed(title: str, entries: Sequence[Entry], ttl: float | None, warnings: tuple[str, ...]) -> Feed:
    if len({entry.key for entry in entries}) < len(entries):
        warnings += ("several entries of the feed share an id",)
    return Feed(title, apart(entries), ttl, warnings)


def _entry(item: Any, url: str) -> Entry:
    title, body, link = _text(item, "title"), _body(item), _link(item, url)
    return Entry(
        key=key_of(one_line(item.get("id")), link, title, body),
        title=title,
        url=link,
        body=body,
        author=one_line(item.get("author")),
        tags=_tags(item.get("tags") or ()),
        published=_published(item),
    )


def _text(item: Any, name: str) -> str:
    """One line of text, whether it was given as text or as HTML."""
    detail = item.get(f"{name}_detail") or {}
    text = clean(item.get(name))
    return one_line(text) if detail.get("type") == "text/plain" else plain(text)


def _body(item: Any) -> str:
    """The longest text the entry has: content beats a summary, and some feeds have it the other way round."""
    parts = [part.get("value") for part in item.get("content") or () if _is_text(part.get("type"), part.get("value"))]
    return max((clean(part).strip() for part in (*parts, item.get("summary"))), key=len)


def _is_text(kind: str | None, value: object) -> bool:
    """Whether a content is for people. Bytes of no kind came in base64, and stay so if they are no text."""
    if kind == "application/octet-stream":
        return any(" " in line.strip() for line in str(value).splitlines())
    return not kind or kind.startswith("text") or "html" in kind or "xml" in kind


def _link(item: Any, url: str) -> str:
    links = (link.get("href") for link in item.get("links") or () if link.get("rel") != "self")
    return next((found for found in (absolute(link, url) for link in (item.get("link"), *links)) if found), "")


def _published(item: Any) -> Moment | None:
    names = ("published_parsed", "updated_parsed", "created_parsed")
    # Not by the item's own `get`: it takes one date for another and warns of it.
    return next((at for at in (moment(dict.get(item, name)) for name in names) if at is not None), None)


def _tags(tags: Iterable[Any]) -> tuple[str, ...]:
    names = (one_line(tag.get("term") or tag.get("label")) for tag in tags)
    return tuple(dict.fromkeys(name for name in names if name))


def _ttl(feed: Any) -> float | None:
    """Seconds between changes by `ttl` (minutes), else by the syndication module."""
    if minutes := _number(feed.get("ttl")):
        return minutes * 60
    period = _PERIODS.get(one_line(feed.get("sy_updateperiod")).lower())
    return period / (_number(feed.get("sy_updatefrequency")) or 1.0) if period else None


def _number(text: object) -> float:
    found = re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", one_line(text))
    return float(found[0]) if found else 0.0
