"""Follows the link of a feed's item to the article behind it, politely and within a bound of time.

An article is asked for once for each version of its item. When it cannot be read, what the feed itself says stays.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from monitor.config import SourceConfig
from monitor.errors import SourceError
from monitor.model import Entry
from monitor.sources.fetch import Request
from monitor.sources.reading import Reading
from monitor.sources.robots import Robots
from monitor.sources.tidy import plain
from monitor.sources.worker import Parser

PATIENCE = 90.0  # seconds for all the articles of one poll; the rest are for the next


@dataclass(frozen=True, slots=True)
class Articles:
    """Entries with their articles; those without, each with the sentence that says why; those not reached in time."""

    read: tuple[Entry, ...] = ()
    failed: tuple[tuple[Entry, str], ...] = ()
    left: tuple[Entry, ...] = ()


async def articles(
    robots: Robots,
    parser: Parser,
    source: SourceConfig,
    entries: Sequence[Entry],
    clock: Callable[[], float] = time.monotonic,
) -> Articles:
    """The articles of some entries, one after the other. Raises nothing: every failure is in the answer."""
    begun = clock()
    read: list[Entry] = []
    failed: list[tuple[Entry, str]] = []
    for number, entry in enumerate(entries):
        if clock() - begun > PATIENCE:
            return Articles(tuple(read), tuple(failed), tuple(entries[number:]))
        try:
            read.append(await _with_article(robots, parser, source, entry))
        except SourceError as error:
            failed.append((entry, str(error)))
    return Articles(tuple(read), tuple(failed))


async def _with_article(robots: Robots, parser: Parser, source: SourceConfig, entry: Entry) -> Entry:
    """The entry with its article, unless that says less than the entry itself. SourceError if there is none."""
    if not entry.url or entry.url.partition("#")[0] == source.url.partition("#")[0]:
        return entry
    # The source's own headers never leave its origin.
    own = _origin(entry.url) == _origin(source.url)
    request = Request(entry.url, headers=source.headers, auth=source.auth) if own else Request(entry.url)
    answer = await robots.fetch(request)
    found = await parser.parse(Reading("article"), answer.body or b"", answer.content_type, answer.url)
    (article,) = found.entries
    return entry if len(plain(article.body)) <= len(plain(entry.body)) else replace(entry, article=article.body)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()
