"""No request reaches a private address, be it for a redirect, robots.txt, article, feed or webhook, with and without
a proxy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from html import escape

import aiohttp
import httpx
import pytest
from kit.http_client import sending_client
from kit.proxy_server import proxy_server
from kit.raw_server import RawServer, http_response, redirect
from kit.site_server import SiteServer

from monitor.config.models import SourceConfig
from monitor.errors import FetchError
from monitor.model import Entry
from monitor.net.addresses import is_ip_address
from monitor.net.fetcher import Fetcher
from monitor.net.guard import Guard
from monitor.net.network import Network
from monitor.net.proxies import ProxyChooser
from monitor.net.rate_limit import HostRateLimiter
from monitor.net.robots import Robots
from monitor.sources.discover import discover_feeds
from monitor.sources.full_text import fetch_articles
from monitor.sources.parse.pool import ParserPool

pytestmark = pytest.mark.slow

SITE_ADDRESS = "127.0.0.2"  # of the site, in `allow_private`; the addresses of the canary are not
HOSTS = """
127.0.0.1 127.1 0 0.0.0.0 0177.0.0.1 0x7f.1 2130706433 017700000001 localhost. ①②⑦.⓪.⓪.① 127。0。0。1
[::1] [::] [::ffff:127.0.0.1] [::127.0.0.1] [64:ff9b::7f00:1] [2002:7f00:1::] [2001:0:7f00:1::] [fd00:ec2::254]
169.254.169.254 100.100.100.200 168.63.129.16 10.0.0.1 224.0.0.1 private.example mixed.example
""".split()


async def resolve(host: str, port: int) -> Sequence[str]:
    """Resolve the site, a name with a private address and one with both; all others with the system."""
    addresses_by_name = {
        "news.example": [SITE_ADDRESS],
        "private.example": ["127.0.0.1"],
        "mixed.example": [SITE_ADDRESS, "127.0.0.1"],
    }
    if host in addresses_by_name or is_ip_address(host):
        return addresses_by_name.get(host, [host])
    loop = asyncio.get_running_loop()
    return [str(result[4][0]) for result in await loop.getaddrinfo(host, port)]


@pytest.fixture(scope="module", params=["", "http", "socks5", "socks5h"], ids=lambda scheme: scheme or "direct")
def proxy_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a proxy for all requests, "" for none. It may be asked for the site and for names only."""
    if not request.param:
        yield ""
        return
    with proxy_server(tmp_path_factory.mktemp("proxy"), request.param.removesuffix("h")) as proxy:
        yield f"{request.param}://{proxy.address}"
        hosts = {target.rpartition(":")[0] for target in proxy.connections()}
        assert {host for host in hosts if not host.endswith(".example")} == {SITE_ADDRESS}


@pytest.fixture
async def fetcher(proxy_url: str) -> AsyncIterator[Fetcher]:
    async with Fetcher(
        user_agent="t",
        network=Network(Guard([f"{SITE_ADDRESS}/32"], resolve), ProxyChooser(proxy_url)),
        rate_limiter=HostRateLimiter(0.0),
        deadline=3.0,
    ) as client:
        yield client


@pytest.fixture(scope="module")
def parser() -> Iterator[ParserPool]:
    pool = ParserPool(workers=2)
    yield pool
    pool.close()


def canary_urls(canary: RawServer) -> list[str]:
    """URLs that reach the canary if they are not blocked."""
    return [f"http://{host}:{canary.port}/feed" for host in HOSTS]


def as_latin1(text: str) -> str:
    return text.encode().decode("latin-1")


async def test_no_article_is_fetched_from_a_private_address(
    canary: RawServer, fetcher: Fetcher, parser: ParserPool
) -> None:
    source = SourceConfig(name="wire", url="http://news.example/feed", full_text=True)
    entries = [Entry(url, "", url, "") for url in canary_urls(canary)]
    articles = await fetch_articles(Robots(fetcher, "t"), parser, source, entries)

    assert len(articles.failed) == len(HOSTS)
    assert canary.connection_count == 0


async def test_no_article_or_robots_txt_redirects_to_a_private_address(
    canary: RawServer, fetcher: Fetcher, parser: ParserPool
) -> None:
    for url in canary_urls(canary):
        for path in ("/article", "/robots.txt"):
            pages = {"/article": http_response(b"<p>Out.</p>"), path: redirect(as_latin1(url))}
            async with SiteServer(pages, host=SITE_ADDRESS) as site:
                source = SourceConfig(name="wire", url=site.url_for("/feed"), full_text=True)
                entry = Entry("1", "", site.url_for("/article"), "")
                articles = await fetch_articles(Robots(fetcher, "t"), parser, source, [entry])
                assert articles.failed or path == "/robots.txt", url
    assert canary.connection_count == 0


async def test_no_discovered_feed_is_at_a_private_address(
    canary: RawServer, fetcher: Fetcher, parser: ParserPool
) -> None:
    urls = canary_urls(canary)
    for url_group in (urls[:8], urls[8:16], urls[16:]):
        links = "".join(f"<link rel=alternate type=application/rss+xml href='{escape(url)}'>" for url in url_group)
        page = http_response(f"<html>{links}".encode(), content_type="text/html")
        async with RawServer(page, host=SITE_ADDRESS) as site:
            assert await discover_feeds(fetcher, parser, site.url) == []
            assert len(site.received_requests) > 1, "the common paths were tried last"
    assert canary.connection_count == 0


async def test_discovery_does_not_start_at_a_private_address(
    canary: RawServer, fetcher: Fetcher, parser: ParserPool
) -> None:
    for url in canary_urls(canary):
        with pytest.raises(FetchError):
            await discover_feeds(fetcher, parser, url)
    assert canary.connection_count == 0


async def test_no_webhook_is_posted_to_a_private_address(canary: RawServer) -> None:
    async with sending_client([f"{SITE_ADDRESS}/32"]) as client:
        for url in canary_urls(canary):
            if ".example" not in url:
                with pytest.raises((httpx.TransportError, httpx.InvalidURL, aiohttp.ClientError)):
                    await client.send("POST", url, b"x")
    assert canary.connection_count == 0
