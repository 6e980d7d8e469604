"""Finds the feeds of a site: its address, what the page there links to, then the common paths."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape
from urllib.parse import urljoin

from monitor.errors import ParseError, SourceError
from monitor.net.fetcher import Fetcher
from monitor.net.response import Request, Response
from monitor.sources.parse.charset import decode_body
from monitor.sources.parse.feed import Feed
from monitor.sources.parse.options import ParseOptions
from monitor.sources.parse.pool import ParserPool
from monitor.sources.parse.sanitize import absolute_url

MAX_CANDIDATE_FEEDS = 8  # addresses tried in each of the two steps after the first
COMMON_FEED_PATHS = ("feed", "rss.xml", "feed.xml", "atom.xml", "index.xml", "rss", "feed.json")
# Possessive quantifiers never backtrack, so the time is linear in the size of the page.
_LINK_TAG = re.compile(r"<(link|a)\b((?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+)", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"(?<![a-z-])([a-z-]++)\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s>\"']++))", re.IGNORECASE)
_FEED_TYPE = re.compile(r"application/(?:(?:rss|atom|rdf)\+xml|feed\+json)", re.IGNORECASE)
_FEED_LINK = re.compile(r"(?:^|[/._-])(?:rss|atom|feeds?)(?:[/._-]|$)|\.rdf$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DiscoveredFeed:
    url: str
    feed: Feed


async def discover_feeds(fetcher: Fetcher, parser: ParserPool, url: str) -> list[DiscoveredFeed]:
    """Return the feeds of the site at `url`, in the order of preference. Raises FetchError if `url` itself cannot be
    fetched."""
    response = await fetcher.fetch(Request(url))
    try:
        return [DiscoveredFeed(url, await _parse_response(parser, response))]
    except ParseError:
        page = decode_body(response.body or b"", response.content_type)
    for candidates in (linked_feed_urls(page, response.url), common_feed_urls(response.url)):
        results = await asyncio.gather(
            *(_try_feed(fetcher, parser, candidate) for candidate in candidates[:MAX_CANDIDATE_FEEDS])
        )
        if feeds := [candidate for candidate in results if candidate]:
            return feeds
    return []


def linked_feed_urls(page: str, url: str) -> list[str]:
    """The feeds that a page declares in its head, then those of its links that look like feeds. Pure."""
    declared: list[str] = []
    guessed: list[str] = []
    for tag in _LINK_TAG.finditer(page):
        attributes = {
            match[1].lower(): unescape(match[2] or match[3] or match[4] or "")
            for match in _ATTRIBUTE.finditer(tag[2])
        }
        link = absolute_url(attributes.get("href"), url)
        if tag[1].lower() == "link":
            is_alternate = "alternate" in attributes.get("rel", "").lower().split()
            if is_alternate and _FEED_TYPE.match(attributes.get("type", "")):
                declared.append(link)
        elif _FEED_LINK.search(link.partition("//")[2].partition("?")[0].partition("/")[2]):
            guessed.append(link)
    return _unique_links((*declared, *guessed))


def common_feed_urls(url: str) -> list[str]:
    """The paths where sites usually keep their feeds, each below the address, then at the root. Pure."""
    folder = url.partition("?")[0].partition("#")[0].rstrip("/") + "/"
    return _unique_links(urljoin(base, path) for path in COMMON_FEED_PATHS for base in (folder, urljoin(url, "/")))


def _unique_links(links: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(link for link in links if link))


async def _try_feed(fetcher: Fetcher, parser: ParserPool, url: str) -> DiscoveredFeed | None:
    try:
        return DiscoveredFeed(url, await _parse_response(parser, await fetcher.fetch(Request(url))))
    except SourceError:
        return None


async def _parse_response(parser: ParserPool, response: Response) -> Feed:
    options = ParseOptions("feed", response.url)
    return await parser.parse(options, response.body or b"", response.content_type, response.url)
