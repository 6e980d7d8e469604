"""Follows the link of a feed's item to the article behind it, politely and within a bound of time.

An article is asked for once for each version of its item. When it cannot be read, what the feed itself says stays.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from monitor.config.models import SourceConfig
from monitor.errors import SourceError
from monitor.model import Entry
from monitor.net.response import Request
from monitor.net.robots import Robots
from monitor.sources.parse.options import ParseOptions
from monitor.sources.parse.pool import ParserPool
from monitor.sources.parse.sanitize import html_to_line

ARTICLES_DEADLINE_S = 90.0  # seconds for all the articles of one poll; the rest are for the next


@dataclass(frozen=True, slots=True)
class ArticleResults:
    """Entries with their articles; those without, each with the sentence that says why; those not reached in time."""

    fetched: tuple[Entry, ...] = ()
    failed: tuple[tuple[Entry, str], ...] = ()
    unreached: tuple[Entry, ...] = ()


async def fetch_articles(
    robots: Robots,
    parser: ParserPool,
    source: SourceConfig,
    entries: Sequence[Entry],
    clock: Callable[[], float] = time.monotonic,
) -> ArticleResults:
    """The articles of some entries, one after the other. Raises nothing: every failure is in the answer."""
    started = clock()
    fetched: list[Entry] = []
    failed: list[tuple[Entry, str]] = []
    for index, entry in enumerate(entries):
        if clock() - started > ARTICLES_DEADLINE_S:
            return ArticleResults(tuple(fetched), tuple(failed), tuple(entries[index:]))
        try:
            fetched.append(await _fetch_article(robots, parser, source, entry))
        except SourceError as error:
            failed.append((entry, str(error)))
    return ArticleResults(tuple(fetched), tuple(failed))


async def _fetch_article(robots: Robots, parser: ParserPool, source: SourceConfig, entry: Entry) -> Entry:
    """The entry with its article, unless that says less than the entry itself. SourceError if there is none."""
    if not entry.url or entry.url.partition("#")[0] == source.url.partition("#")[0]:
        return entry
    # The source's own headers never leave its origin.
    is_same_origin = _origin(entry.url) == _origin(source.url)
    request = Request(entry.url, headers=source.headers, auth=source.auth) if is_same_origin else Request(entry.url)
    response = await robots.fetch(request)
    parsed = await parser.parse(ParseOptions("article"), response.body or b"", response.content_type, response.url)
    (article,) = parsed.entries
    return (
        entry
        if len(html_to_line(article.body)) <= len(html_to_line(entry.body))
        else replace(entry, article=article.body)
    )


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()
