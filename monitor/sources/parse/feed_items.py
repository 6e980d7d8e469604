"""Splits the raw body of an RSS or Atom feed into items, so that known items need not be parsed again. Pure.

A body is split only if parsing some of its items between the same head and foot gives the same entries as parsing all
of them; anything unusual is parsed as a whole. What only the parser can detect is checked in `item_isolation`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise

from monitor.model import Entry
from monitor.sources.parse.charset import may_be_read_otherwise_in_part, xml_as_utf8

MAX_SPLIT_BYTES = 2 * 2**20  # larger bodies are not split
MAX_SPLIT_ITEMS = 2_000
_ITEM_BOUNDARY = re.compile(
    rb"<(?=[ie/!?])(?:(item|entry)(?=[\s/>])|/(item|entry)\s*>"
    rb"|!--.*?-->|!\[CDATA\[.*?\]\]>|\?.*?\?>|([!?]))",  # tags inside comments, CDATA and instructions do not count
    re.DOTALL,
)
_WHITESPACE_BYTES = b" \t\r\n"

# Declares the feed version before the first item; the version decides how items are parsed.
_FEED_VERSION = re.compile(
    rb"<(?:rss|feed)[\s>]|xmlns\s*=\s*[\"'](?:http://purl\.org/rss/1\.0/|http://my\.netscape\.com/rdf/simple/0\.9/)[\"']"
)
_NAMESPACE_DECLARATION = re.compile(rb"xmlns(?::([^\s=:]{1,100}))?\s*=\s*[\"']([^\"'<]{0,200})")

# Changes often without effect on the items: comments, texts of the channel such as its date, and the list of item
# URLs at the top of an RDF feed. Texts that say how long to wait for the next poll, and the language, do count.
_VOLATILE_MARKUP = re.compile(
    rb"(<!\[CDATA\[.*?\]\]>|<\?.*?\?>)|<!--.*?-->"
    rb"|<rdf:li\s+(?:rdf:)?resource\s*=\s*(?:\"[^\"<]*\"|'[^'<]*')\s*(?:/>|>\s*</rdf:li>)\s*"
    rb"|(?<!<ttl)(?<!:updatePeriod)(?<!:updateFrequency)(?<!<language)(?<!:language)>[^<>]+(?=</)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class FeedParts:
    """A body split into the bytes before the first item, each item, and the bytes after the last."""

    head: bytes
    items: tuple[bytes, ...]
    foot: bytes

    def with_items(self, items: Iterable[bytes]) -> bytes:
        """The body of a feed with only these items."""
        return b"".join((self.head, *items, self.foot))

    def item_hashes(self) -> list[str]:
        """A hash of the bytes of each item."""
        return [blake2b(item, digest_size=8).hexdigest() for item in self.items]

    def skeleton_hash(self, *extra: str) -> str:
        """A hash of everything outside the items that may affect how they are parsed, and of `extra`."""
        skeleton = (
            _VOLATILE_MARKUP.sub(rb"\1", self.head),
            _VOLATILE_MARKUP.sub(rb"\1", self.foot),
            *(text.encode() for text in extra),
        )
        return blake2b(b"\0".join(skeleton), digest_size=16).hexdigest()


def split_items(body: bytes, content_type: str) -> FeedParts | None:
    """Split a body into its items, in UTF-8; None if it must be parsed as a whole."""
    if len(body) > MAX_SPLIT_BYTES or may_be_read_otherwise_in_part(content_type, body):
        return None
    body = xml_as_utf8(body, content_type)
    spans = _item_spans(body)
    if not spans:
        return None
    head, foot = body[: spans[0][0]], body[spans[-1][1] :]
    gaps = (body[previous[1] : following[0]] for previous, following in pairwise(spans))
    parts = FeedParts(head, tuple(body[start:end] for start, end in spans), foot)
    if any(text.strip(_WHITESPACE_BYTES) for text in gaps) or len(set(parts.items)) < len(spans):
        return None
    return parts if _FEED_VERSION.search(head) and _has_certain_prefixes(body, len(head)) else None


def _item_spans(body: bytes) -> Sequence[tuple[int, int]]:
    """The start and end of each item; empty if they are not certain."""
    spans: list[tuple[int, int]] = []
    name, start = b"", -1
    for match in _ITEM_BOUNDARY.finditer(body):
        open_tag, close_tag, unsupported = match.groups()
        if unsupported:  # a DOCTYPE, or an unclosed comment, CDATA section or instruction
            return ()
        if not (open_tag or close_tag):
            continue
        name = name or open_tag
        if (open_tag or close_tag) != name or bool(close_tag) == (start < 0):  # both tag names, or nested items
            return ()
        if open_tag:
            start = match.start()
            continue
        spans.append((start, match.end()))
        start = -1
    return spans if start < 0 and len(spans) <= MAX_SPLIT_ITEMS else ()


def _has_certain_prefixes(body: bytes, head_length: int) -> bool:
    """Return whether each namespace prefix declared in an item has one URI in the whole body, and that URI one
    prefix."""
    if body.find(b"xmlns:", head_length) < 0:
        return True
    declared = set(_NAMESPACE_DECLARATION.findall(body))
    prefixes = [prefix for prefix, _ in declared if prefix]
    uri_counts = Counter(uri for _, uri in declared)
    item_uris = [uri for prefix, uri in _NAMESPACE_DECLARATION.findall(body, head_length) if prefix]
    return len(set(prefixes)) == len(prefixes) and all(uri_counts[uri] == 1 for uri in item_uris)


@dataclass(frozen=True, slots=True)
class FeedFingerprint:
    """What is kept of a feed for its next poll: the hash of everything outside the items, the TTL in seconds, and the
    entry of each item by the hash of the item's bytes."""

    skeleton_hash: str
    ttl: float | None
    entries_by_hash: Mapping[str, Entry]
