"""Fetches the articles that the entries of a feed link to, within robots.txt, rate limits and a deadline.

Each version of an entry gets one attempt. If the article cannot be read, the entry keeps the text of the feed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from monitor.config.models import SourceConfig
from monitor.errors import SourceError
from monitor.model import Entry
from monitor.net.robots import Robots
from monitor.sources.parse.options import ParseOptions
from monitor.sources.parse.pool import ParserPool
from monitor.sources.parse.sanitize import html_to_line
from monitor.sources.request import article_request

ARTICLES_DEADLINE_S = 90.0  # for all articles of one poll; the rest is left to the next poll


@dataclass(frozen=True, slots=True)
class ArticleResults:
    """Entries with their articles, entries whose article failed with the reason, and entries left for the next
    poll."""

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
    """Fetch the articles of entries, one after the other. Failures are part of the result, not raised."""
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
    """Return the entry with its article, or unchanged if the article is shorter than its own text. Raises
    SourceError if the article cannot be fetched or read."""
    if not entry.url or entry.url.partition("#")[0] == source.url.partition("#")[0]:
        return entry
    response = await robots.fetch(article_request(source, entry.url))
    parsed = await parser.parse(ParseOptions("article"), response.body or b"", response.content_type, response.url)
    (article,) = parsed.entries
    is_longer = len(html_to_line(article.body)) > len(html_to_line(entry.body))
    return replace(entry, article=article.body) if is_longer else entry
