"""robots.txt (RFC 9309): whether a page or article may be fetched, and how long to pause between requests.

Feeds are exempt, because they are published to be polled, and so are private hosts named in the config. Rules are
cached in memory for at most a day.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from protego import Protego

from monitor.errors import FetchError
from monitor.net.failures import redacted_url
from monitor.net.fetcher import Fetcher
from monitor.net.response import Request, Response
from monitor.units import DAY

RULES_CACHE_S = DAY
UNREADABLE_CACHE_S = 600.0  # how long a site is not fetched after its robots.txt could not be read
MAX_ROBOTS_BYTES = 500 * 1024  # the rest is ignored; RFC 9309 requires this much
_MAX_CACHED_SITES, _MAX_CACHED_BYTES = 1024, 2 * 2**20  # bytes of the files; the parsed rules take more
_NO_RULES_CODES = frozenset({"too_many_redirects", "bad_url"})  # mean the same as 404: the site has no rules


@dataclass(frozen=True, slots=True)
class _CachedRules:
    """The rules of a site, or the error from fetching them. With neither, everything is allowed. `size` is in bytes,
    `expires_at` a time of the clock."""

    expires_at: float
    size: int = 0
    rules: Protego | None = None
    error: FetchError | None = None


class Robots:
    """Fetches what robots.txt allows. `clock` is monotonic, in seconds."""

    def __init__(self, fetcher: Fetcher, user_agent: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetcher = fetcher
        self._agent_name = user_agent.partition("/")[0].split(" ")[0]
        self._clock = clock
        self._cache: dict[str, _CachedRules] = {}

    async def fetch(self, request: Request) -> Response:
        """Fetch as the fetcher does. Raises also FetchError with code `robots` for a URL or redirect target that is
        disallowed, and `robots_unreadable` while the rules of a site cannot be read."""
        await self.check_allowed(request, request.url)
        return await self._fetcher.fetch(request, partial(self.check_allowed, request))

    async def check_allowed(self, request: Request, url: str) -> None:
        """Raise FetchError if a URL may not be fetched for a request. Also applies the crawl delay of its site."""
        parts = urlsplit(url)
        if not self._fetcher.is_polite_to(parts.hostname or ""):
            return
        cached = await self._cached_rules(request, f"{parts.scheme}://{parts.netloc}")
        if cached.error:
            raise cached.error.with_traceback(None)
        if cached.rules is None:
            return
        if not cached.rules.can_fetch(url, self._agent_name):
            raise FetchError("robots", f"the site's robots.txt disallows {redacted_url(url)}")
        self._fetcher.slow_down(parts.hostname or "", cached.rules.crawl_delay(self._agent_name) or 0.0)

    async def _cached_rules(self, request: Request, site: str) -> _CachedRules:
        cached = self._cache.get(site)
        if cached is None or cached.expires_at <= self._clock():
            cached = await self._fetch_rules(request.for_other_url(f"{site}/robots.txt"))
            self._cache.pop(site, None)
            self._cache[site] = cached
            self._evict()
        return cached

    def _evict(self) -> None:
        """Drop the oldest rules above the limits: feeds may link to any number of sites."""
        total_bytes = sum(cached.size for cached in self._cache.values())
        while len(self._cache) > _MAX_CACHED_SITES or (total_bytes > _MAX_CACHED_BYTES and len(self._cache) > 1):
            total_bytes -= self._cache.pop(next(iter(self._cache))).size

    async def _fetch_rules(self, request: Request) -> _CachedRules:
        try:
            response = await self._fetcher.fetch(request)
        except FetchError as error:
            return self._rules_after_failure(error, request.url)
        expires_at = self._clock() + min(RULES_CACHE_S, max(response.max_age or RULES_CACHE_S, UNREADABLE_CACHE_S))
        rules = (response.body or b"")[:MAX_ROBOTS_BYTES]
        return _CachedRules(expires_at, len(rules), Protego.parse(rules.decode("utf-8", "replace")))

    def _rules_after_failure(self, error: FetchError, url: str) -> _CachedRules:
        status = error.status or 0
        if (400 <= status < 500 and status != 429) or error.code in _NO_RULES_CODES:
            return _CachedRules(self._clock() + RULES_CACHE_S)
        if error.code == "blocked_address":
            return _CachedRules(self._clock() + UNREADABLE_CACHE_S, error=error)
        sentence = f"{redacted_url(url)} cannot be read, so the site's pages are not fetched for now: {error}"
        wait = max(UNREADABLE_CACHE_S, min(error.retry_after or 0.0, RULES_CACHE_S))
        unreadable = FetchError("robots_unreadable", sentence, status=error.status, retry_after=error.retry_after)
        return _CachedRules(self._clock() + wait, error=unreadable)
