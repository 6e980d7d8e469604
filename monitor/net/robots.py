"""robots.txt (RFC 9309): whether a site lets programs ask for a page or an article, and how slowly.

Feeds are exempt: who publishes one wants it polled. So are private hosts that the config names. What a site said is
kept in memory, for a day at most; a restart asks again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from protego import Protego

from monitor.errors import FetchError
from monitor.net.failures import redacted_url
from monitor.net.fetcher import Fetcher
from monitor.net.response import Request, Response
from monitor.units import DAY

RULES_CACHE_S = DAY  # seconds that an answer is believed
UNREADABLE_CACHE_S = 600.0  # seconds that a site whose robots.txt cannot be read is left alone
MAX_ROBOTS_BYTES = 500 * 1024  # bytes of it that are read
_MAX_CACHED_SITES, _MAX_CACHED_BYTES = (
    1024,
    2 * 2**20,
)  # sites that are remembered, and bytes of their rules: what is made of them is larger
# Of these the site's own trouble is no answer; everything else that is not 200 means that it has no rules.
_NO_RULES_CODES = frozenset({"too_many_redirects", "bad_url"})


@dataclass(frozen=True, slots=True)
class _CachedRules:
    """What a site said, believed `until` a moment of the clock. No rules and no trouble: everything is allowed."""

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
        """As the fetcher does. FetchError `robots` for what a site asks programs not to fetch, also where a redirect
        leads, and `robots_unreadable` while its rules cannot be read."""
        await self.check_allowed(request.url)
        return await self._fetcher.fetch(request, self.check_allowed)

    async def check_allowed(self, url: str) -> None:
        """Returns if this address may be fetched, raises FetchError if not."""
        parts = urlsplit(url)
        if not self._fetcher.is_polite_to(parts.hostname or ""):
            return
        cached = await self._cached_rules(f"{parts.scheme}://{parts.netloc}")
        if cached.error:
            raise cached.error.with_traceback(None)
        if cached.rules is None:
            return
        if not cached.rules.can_fetch(url, self._agent_name):
            raise FetchError("robots", f"the site's robots.txt asks programs not to fetch {redacted_url(url)}")
        self._fetcher.slow_down(parts.hostname or "", cached.rules.crawl_delay(self._agent_name) or 0.0)

    async def _cached_rules(self, site: str) -> _CachedRules:
        cached = self._cache.get(site)
        if cached is None or cached.expires_at <= self._clock():
            cached = await self._fetch_rules(f"{site}/robots.txt")
            self._cache.pop(site, None)
            self._cache[site] = cached
            self._evict()
        return cached

    def _evict(self) -> None:
        """Keeps the sites that were asked last, within bounds: feeds link to any number of them."""
        total_bytes = sum(cached.size for cached in self._cache.values())
        while len(self._cache) > _MAX_CACHED_SITES or (total_bytes > _MAX_CACHED_BYTES and len(self._cache) > 1):
            total_bytes -= self._cache.pop(next(iter(self._cache))).size

    async def _fetch_rules(self, url: str) -> _CachedRules:
        try:
            response = await self._fetcher.fetch(Request(url))
        except FetchError as error:
            return self._rules_after_failure(error, url)
        expires_at = self._clock() + min(RULES_CACHE_S, max(response.max_age or RULES_CACHE_S, UNREADABLE_CACHE_S))
        rules = (response.body or b"")[:MAX_ROBOTS_BYTES]
        return _CachedRules(expires_at, len(rules), Protego.parse(rules.decode("utf-8", "replace")))

    def _rules_after_failure(self, error: FetchError, url: str) -> _CachedRules:
        status = error.status or 0
        if (400 <= status < 500 and status != 429) or error.code in _NO_RULES_CODES:
            return _CachedRules(self._clock() + RULES_CACHE_S)
        if error.code == "blocked_address":
            return _CachedRules(self._clock() + UNREADABLE_CACHE_S, error=error)
        sentence = f"{redacted_url(url)} cannot be read, so the site's pages are left alone for now: {error}"
        wait = max(UNREADABLE_CACHE_S, min(error.retry_after or 0.0, RULES_CACHE_S))
        unreadable = FetchError("robots_unreadable", sentence, status=error.status, retry_after=error.retry_after)
        return _CachedRules(self._clock() + wait, error=unreadable)
