"""Fetches a source by the way that fits its kind."""

from __future__ import annotations

from monitor.config.models import SourceConfig
from monitor.net.browser import PageBrowser
from monitor.net.fetcher import Fetcher
from monitor.net.response import Request, Response
from monitor.net.robots import Robots


async def fetch_source(
    source: SourceConfig, request: Request, *, fetcher: Fetcher, robots: Robots, browser: PageBrowser
) -> Response:
    """Fetch a source: a page only if the site's robots.txt allows it, with `render` in a browser. Raises
    FetchError."""
    if source.render:
        await robots.check_allowed(request, request.url)
        return await browser.fetch(request)
    if source.kind == "page":
        return await robots.fetch(request)
    return await fetcher.fetch(request)
