"""Parse only the items of a changed feed that were not in it at the last poll.

The other items are recognized by the hash of their bytes; their entries come from the stored fingerprint, without
their text. The whole feed is parsed whenever the result might differ from that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from monitor import __version__
from monitor.config.models import SourceConfig
from monitor.errors import ParseError
from monitor.model import Entry
from monitor.net.response import Response
from monitor.sources.parse.feed import Feed
from monitor.sources.parse.feed_items import FeedFingerprint, FeedParts, split_items
from monitor.sources.parse.options import source_parse_options
from monitor.store import feed_fingerprints
from monitor.store.base import Store

if TYPE_CHECKING:
    from monitor.runtime import Runtime

PARSER_VERSION = 2  # increase it whenever the same bytes are parsed into a different entry than before


@dataclass(frozen=True, slots=True)
class FeedPreview:
    """A feed split into items before it is parsed.

    `skeleton` is the hash of everything around the items; `hashes` has one hash for each item.
    """

    parts: FeedParts
    skeleton: str
    hashes: list[str]
    known_entries: Mapping[str, Entry]
    ttl: float | None = None

    def with_fingerprint(self, feed: Feed) -> Feed:
        """Add a fingerprint to the parsed feed, if its items can be parsed separately."""
        if not feed.is_separable or len(feed.entries) != len(self.hashes):
            return feed
        entries = dict(zip(self.hashes, feed.entries, strict=True))
        return replace(feed, fingerprint=FeedFingerprint(self.skeleton, feed.ttl, entries))


async def parse_response(runtime: Runtime, source: SourceConfig, response: Response) -> Feed:
    """Parse a response, reusing the known entries of a feed. Raises ParseError."""
    preview = None
    if source.kind == "feed":
        preview = await runtime.run_in_store_thread(preview_feed, runtime.store, source.name, response)
    if preview and preview.known_entries and (feed := await _parse_unseen_items(runtime, source, response, preview)):
        return feed
    feed = await _parse_body(runtime, source, response, response.body or b"")
    return preview.with_fingerprint(feed) if preview else feed


def preview_feed(store: Store, source: str, response: Response) -> FeedPreview | None:
    """Split a feed into items and look up the known ones; None if it must be parsed as a whole."""
    parts = split_items(response.body or b"", response.content_type)
    if parts is None:
        return None
    skeleton = parts.skeleton_hash(_parser_fingerprint(), response.content_type, response.url)
    with store.read() as conn:
        previous = feed_fingerprints.load_fingerprint(conn, source)
    if previous is None or previous.skeleton_hash != skeleton:
        return FeedPreview(parts, skeleton, parts.item_hashes(), {})
    return FeedPreview(parts, skeleton, parts.item_hashes(), previous.entries_by_hash, previous.ttl)


@cache
def _parser_fingerprint() -> str:
    """Identify the parser: another version may parse the same bytes differently."""
    return f"{__version__} {PARSER_VERSION} {version('feedparser')}"


async def _parse_unseen_items(
    runtime: Runtime, source: SourceConfig, response: Response, preview: FeedPreview
) -> Feed | None:
    """Parse only the unknown items; None if the result might differ from parsing the whole feed."""
    hashes, items = preview.hashes, preview.parts.items
    unseen_items = [
        item for item_hash, item in zip(hashes, items, strict=True) if item_hash not in preview.known_entries
    ]
    if len(unseen_items) == len(items):
        return None
    feed = Feed("", (), preview.ttl, (), is_separable=True)
    if unseen_items:
        try:
            feed = await _parse_body(runtime, source, response, preview.parts.with_items(unseen_items))
        except ParseError:
            return None
    if not feed.is_separable or len(feed.entries) != len(unseen_items):
        return None
    parsed_entries = iter(feed.entries)
    entries = tuple(preview.known_entries.get(item_hash) or next(parsed_entries) for item_hash in hashes)
    if len({entry.key for entry in entries}) < len(entries):
        return None
    return preview.with_fingerprint(replace(feed, entries=entries))


async def _parse_body(runtime: Runtime, source: SourceConfig, response: Response, body: bytes) -> Feed:
    return await runtime.parser.parse(source_parse_options(source), body, response.content_type, response.url)
