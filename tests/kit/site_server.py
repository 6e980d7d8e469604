"""A web site on loopback with a public host name, so that robots.txt and rate limits apply."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kit.raw_server import RawServer, http_response
from monitor.net.addresses import is_ip_address
from monitor.net.fetcher import Fetcher
from monitor.net.guard import Guard
from monitor.net.network import Network
from monitor.net.rate_limit import HostRateLimiter

SITE_HOST = "news.example"


class SiteServer(RawServer):
    """Responds by path, with a 404 for unknown paths."""

    def __init__(self, pages: dict[str, bytes], host: str = "127.0.0.1") -> None:
        super().__init__(host=host)
        self.pages = pages

    @property
    def requested_paths(self) -> list[str]:
        return [request.target for request in self.received_requests]

    def url_for(self, path: str) -> str:
        """Return the public URL of a path."""
        return f"http://{SITE_HOST}:{self.port}{path}"

    async def _answer(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        self.answers = (self.pages.get(request.split()[1].decode(), http_response(b"", "404 Not Found")),)
        await super()._answer(request, writer)


async def resolve_to_loopback(host: str, port: int) -> list[str]:
    """Resolve every name to loopback, and every address to itself."""
    return [host] if is_ip_address(host) else ["127.0.0.1"]


@asynccontextmanager
async def site_fetcher(turns: HostRateLimiter | None = None) -> AsyncIterator[Fetcher]:
    """Yield a fetcher that reaches the site by any host name."""
    fetcher = Fetcher(
        user_agent="Claimwatch/test (+https://claimwatch.example)",
        network=Network(Guard(["127.0.0.0/8"], resolve_to_loopback)),
        rate_limiter=turns or HostRateLimiter(0.0),
        deadline=2.0,
    )
    async with fetcher:
        yield fetcher


def html_page(text: str) -> bytes:
    """Return a response with a web page of one paragraph."""
    return http_response(f"<html><body><main><p>{text}</p></main></body></html>".encode(), content_type="text/html")
