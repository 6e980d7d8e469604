"""Reads a changed feed by parsing those of its items alone that it did not have the last time.

The others are recognised by the hash of their bytes, and stand among the entries without what they say. Where it is
not certain that this comes to what parsing all of it comes to, all of it is parsed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from monitor import __version__
from monitor.config import SourceConfig
from monitor.errors import ParseError
from monitor.model import Entry
from monitor.sources.cut import Cut, cut
from monitor.sources.feed import Feed
from monitor.sources.fetch import Fetched
from monitor.sources.imprint import Imprint
from monitor.sources.reading import reading_of
from monitor.store import Store, imprints

if TYPE_CHECKING:
    from monitor.engine import Engine

READER = 1  # to be counted up whenever the same bytes are read as another entry than before


@dataclass(frozen=True, slots=True)
class Sight:
    """A feed at its items, before it is parsed: the hash of all around them, the hash of each, and which of them are
    known."""

    cut: Cut
    frame: str
    marks: list[str]
    known: Mapping[str, Entry]
    ttl: float | None = None

    def imprint(self, feed: Feed) -> Feed:
        """The feed with an imprint of it, if it can be read in parts."""
        if not feed.separable or len(feed.entries) != len(self.marks):
            return feed
        entries = dict(zip(self.marks, feed.entries, strict=True))
        return replace(feed, imprint=Imprint(self.frame, feed.ttl, entries))


async def read(engine: Engine, source: SourceConfig, fetched: Fetched) -> Feed:
    """What a source says. Raises ParseError."""
    sight = await engine.in_store(look, engine.store, source.name, fetched) if source.kind == "feed" else None
    if sight and sight.known and (feed := await _in_part(engine, source, fetched, sight)):
        return feed
    feed = await _parsed(engine, source, fetched, fetched.body or b"")
    return sight.imprint(feed) if sight else feed


def look(store: Store, source: str, fetched: Fetched) -> Sight | None:
    """What can be told of a feed before it is parsed; None if it must be read as a whole."""
    found = cut(fetched.body or b"", fetched.content_type)
    if found is None:
        return None
    frame = found.frame(_reader(), fetched.content_type, fetched.url)
    with store.read() as conn:
        before = imprints.of_source(conn, source)
    if before is None or before.frame != frame:
        return Sight(found, frame, found.marks(), {})
    return Sight(found, frame, found.marks(), before.entries, before.ttl)


@cache
def _reader() -> str:
    """Another one may read the same bytes in another way."""
    return f"{__version__} {READER} {version('feedparser')}"


async def _in_part(engine: Engine, source: SourceConfig, fetched: Fetched, sight: Sight) -> Feed | None:
    """The feed, of which only what is unknown was parsed; None if that is not the same as the whole."""
    marks, items = sight.marks, sight.cut.items
    unseen = [item for mark, item in zip(marks, items, strict=True) if mark not in sight.known]
    if len(unseen) == len(items):
        return None
    feed = Feed("", (), sight.ttl, (), separable=True)
    if unseen:
        try:
            feed = await _parsed(engine, source, fetched, sight.cut.of(unseen))
        except ParseError:
            return None
    if not feed.separable or len(feed.entries) != len(unseen):
        return None
    parsed = iter(feed.entries)
    entries = tuple(sight.known.get(mark) or next(parsed) for mark in marks)
    if len({entry.key for entry in entries}) < len(entries):
        return None
    return sight.imprint(replace(feed, entries=entries))


async def _parsed(engine: Engine, source: SourceConfig, fetched: Fetched, body: bytes) -> Feed:
    return await engine.parser.parse(reading_of(source), body, fetched.content_type, fetched.url)
