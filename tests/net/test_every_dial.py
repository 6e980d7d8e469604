"""No way leads to a private server: not a redirect, a robots.txt, an article, a discovered feed, or a webhook."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from html import escape

import httpx
import pytest
from kit.raw_server import RawServer, http_response, redirect
from kit.site_server import SiteServer

from monitor.config.models import SourceConfig
from monitor.errors import FetchError
from monitor.model import Entry
from monitor.net.addresses import is_ip_address
from monitor.net.fetcher import Fetcher
from monitor.net.guard import guarded_client
from monitor.net.rate_limit import HostRateLimiter
from monitor.net.robots import Robots
from monitor.sources.discover import discover_feeds
from monitor.sources.full_text import fetch_articles
from monitor.sources.parse.pool import ParserPool

SELF = "127.0.0.2"  # where the site is, which may be reached; the canary's addresses may not
HOSTS = """
127.0.0.1 127.1 0 0.0.0.0 0177.0.0.1 0x7f.1 2130706433 017700000001 localhost. ①②⑦.⓪.⓪.① 127。0。0。1
[::1] [::] [::ffff:127.0.0.1] [::127.0.0.1] [64:ff9b::7f00:1] [2002:7f00:1::] [2001:0:7f00:1::] [fd00:ec2::254]
169.254.169.254 100.100.100.200 168.63.129.16 10.0.0.1 224.0.0.1 private.example mixed.example
""".split()


async def lookup(host: str, port: int) -> Sequence[str]:
    """The site by its name; names that lead inside, wholly or in part; everything else by the system."""
    known = {
        "news.example": [SELF],
        "private.example": ["127.0.0.1"],
        "mixed.example": [SELF, "127.0.0.1"],
    }
    if host in known or is_ip_address(host):
        return known.get(host, [host])
    loop = asyncio.get_running_loop()
    return [str(found[4][0]) for found in await loop.getaddrinfo(host, port)]


@pytest.fixture
async def canary() -> AsyncIterator[RawServer]:
    """Listens where nothing may be dialled."""
    async with RawServer(http_response(b"secret"), host="0.0.0.0") as server:
        yield server


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    opened = Fetcher(
        user_agent="t", allow_private=[f"{SELF}/32"], resolver=lookup, rate_limiter=HostRateLimiter(0.0), deadline=3.0
    )
    async with opened:
        yield opened


@pytest.fixture(scope="module")
def parser() -> Iterator[ParserPool]:
    opened = ParserPool(workers=2)
    yield opened
    opened.close()


def inside(canary: RawServer) -> list[str]:
    """Addresses that lead to the canary if anything does."""
    return [f"http://{host}:{canary.port}/feed" for host in HOSTS]


def latin(text: str) -> str:
    return text.encode().decode("latin-1")


async def test_no_article_is_fetched_from_inside(canary: RawServer, fetcher: Fetcher, parser: ParserPool) -> None:
    source = SourceConfig(name="wire", url="http://news.example/feed", full_text=True)
    entries = [Entry(url, "", url, "") for url in inside(canary)]
    found = await fetch_articles(Robots(fetcher, "t"), parser, source, entries)

    assert len(found.failed) == len(HOSTS)
    assert canary.connection_count == 0


async def test_no_article_or_robots_txt_redirects_inside(
    canary: RawServer, fetcher: Fetcher, parser: ParserPool
) -> None:
    for url in inside(canary):
        for path in ("/article", "/robots.txt"):
            async with SiteServer(
                {"/article": http_response(b"<p>Out.</p>"), path: redirect(latin(url))}, host=SELF
            ) as site:
                source = SourceConfig(name="wire", url=site.url_for("/feed"), full_text=True)
                entry = Entry("1", "", site.url_for("/article"), "")
                found = await fetch_articles(Robots(fetcher, "t"), parser, source, [entry])
                assert found.failed or path == "/robots.txt", url
    assert canary.connection_count == 0


async def test_no_discovered_feed_is_inside(canary: RawServer, fetcher: Fetcher, parser: ParserPool) -> None:
    urls = inside(canary)
    for some in (urls[:8], urls[8:16], urls[16:]):
        links = "".join(f"<link rel=alternate type=application/rss+xml href='{escape(url)}'>" for url in some)
        async with RawServer(http_response(f"<html>{links}".encode(), content_type="text/html"), host=SELF) as site:
            assert await discover_feeds(fetcher, parser, site.url) == []
            assert len(site.received_requests) > 1, "the usual paths were tried in the end"
    assert canary.connection_count == 0


async def test_discovery_does_not_begin_inside(canary: RawServer, fetcher: Fetcher, parser: ParserPool) -> None:
    for url in inside(canary):
        with pytest.raises(FetchError):
            await discover_feeds(fetcher, parser, url)
    assert canary.connection_count == 0


async def test_no_webhook_is_posted_inside(canary: RawServer) -> None:
    async with guarded_client([f"{SELF}/32"]) as client:
        for url in inside(canary):
            if ".example" not in url:
                with pytest.raises((httpx.HTTPError, httpx.InvalidURL)):
                    await client.post(url, content=b"x", timeout=3.0)
    assert canary.connection_count == 0
