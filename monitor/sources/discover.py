"""Finds the feeds of a site from its address: the address itself, what its page links to, the usual paths."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import unescape
from urllib.parse import urljoin

from monitor.errors import ParseError, SourceError
from monitor.sources.charset import decoded
from monitor.sources.feed import Feed
from monitor.sources.fetch import Fetched, Fetcher, Request
from monitor.sources.reading import Reading
from monitor.sources.tidy import absolute
from monitor.sources.worker import Parser

MOST = 8  # feeds that are looked at
USUAL = ("feed", "rss.xml", "feed.xml", "atom.xml", "index.xml", "rss", "feed.json")
# Both match wherever they start, or fail at once: the time grows with the page only.
_TAG = re.compile(r"<(link|a)\b((?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+)", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"(?<![a-z-])([a-z-]++)\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s>\"']++))", re.IGNORECASE)
_FEED_TYPE = re.compile(r"application/(?:(?:rss|atom|rdf)\+xml|feed\+json)", re.IGNORECASE)
_FEED_LINK = re.compile(r"(?:^|[/._-])(?:rss|atom|feeds?)(?:[/._-]|$)|\.rdf$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """A feed that answers, and what it says now."""

    url: str
    feed: Feed


async def discover(fetcher: Fetcher, parser: Parser, url: str) -> list[Found]:
    """The feeds of the site at `url`, those that its page names first. Raises FetchError if the page itself does not
    answer."""
    answer = await fetcher.fetch(Request(url))
    try:
        return [Found(url, await _parsed(parser, answer))]
    except ParseError:
        page = decoded(answer.body or b"", answer.content_type)
    for candidates in (linked(page, answer.url), usual(answer.url)):
        looked = await asyncio.gather(*(_look(fetcher, parser, one) for one in candidates[:MOST]))
        if found := [one for one in looked if one]:
            return found
    return []


def linked(page: str, url: str) -> list[str]:
    """The addresses that a page calls its feeds, and then those of its links that look like one. Pure."""
    named: list[str] = []
    guessed: list[str] = []
    for tag in _TAG.finditer(page):
        said = {
            found[1].lower(): unescape(found[2] or found[3] or found[4] or "")
            for found in _ATTRIBUTE.finditer(tag[2])
        }
        link = absolute(said.get("href"), url)
        if tag[1].lower() == "link":
            if "alternate" in said.get("rel", "").lower().split() and _FEED_TYPE.match(said.get("type", "")):
                named.append(link)
        elif _FEED_LINK.search(link.partition("//")[2].partition("?")[0].partition("/")[2]):
            guessed.append(link)
    return _once((*named, *guessed))


def usual(url: str) -> list[str]:
    """Where sites keep their feeds: beneath the address, then at the root. Pure."""
    beneath = url.partition("?")[0].partition("#")[0].rstrip("/") + "/"
    return _once(urljoin(base, path) for path in USUAL for base in (beneath, urljoin(url, "/")))


def _once(links: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(link for link in links if link))


async def _look(fetcher: Fetcher, parser: Parser, url: str) -> Found | None:
    try:
        return Found(url, await _parsed(parser, await fetcher.fetch(Request(url))))
    except SourceError:
        return None


async def _parsed(parser: Parser, answer: Fetched) -> Feed:
    return await parser.parse(Reading("feed", answer.url), answer.body or b"", answer.content_type, answer.url)
