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
from monitor.sources.failures import place
from monitor.sources.fetch import Fetched, Fetcher, Request

FRESH = 86400.0  # seconds that an answer is believed
TROUBLED = 600.0  # seconds that a site whose robots.txt cannot be read is left alone
LARGEST = 500 * 1024  # bytes of it that are read
_MANY, _MUCH = 1024, 2 * 2**20  # sites that are remembered, and bytes of their rules: what is made of them is larger
# Of these the site's own trouble is no answer; everything else that is not 200 means that it has no rules.
_NO_RULES = frozenset({"too_many_redirects", "bad_url"})


@dataclass(frozen=True, slots=True)
class _Said:
    """What a site said, believed `until` a moment of the clock. No rules and no trouble: everything is allowed."""

    until: float
    size: int = 0
    rules: Protego | None = None
    trouble: FetchError | None = None


class Robots:
    """Fetches what robots.txt allows. `clock` is monotonic, in seconds."""

    def __init__(self, fetcher: Fetcher, user_agent: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetcher = fetcher
        self._name = user_agent.partition("/")[0].split(" ")[0]
        self._clock = clock
        self._sites: dict[str, _Said] = {}

    async def fetch(self, request: Request) -> Fetched:
        """As the fetcher does. FetchError `robots` for what a site asks programs not to fetch, also where a redirect
        leads, and `robots_unreadable` while its rules cannot be read."""
        await self.ask(request.url)
        return await self._fetcher.fetch(request, self.ask)

    async def ask(self, url: str) -> None:
        """Returns if this address may be fetched, raises FetchError if not."""
        parts = urlsplit(url)
        if not self._fetcher.is_polite_to(parts.hostname or ""):
            return
        said = await self._said(f"{parts.scheme}://{parts.netloc}")
        if said.trouble:
            raise said.trouble.with_traceback(None)
        if said.rules is None:
            return
        if not said.rules.can_fetch(url, self._name):
            raise FetchError("robots", f"the site's robots.txt asks programs not to fetch {place(url)}")
        self._fetcher.slow_down(parts.hostname or "", said.rules.crawl_delay(self._name) or 0.0)

    async def _said(self, site: str) -> _Said:
        known = self._sites.get(site)
        if known is None or known.until <= self._clock():
            known = await self._read(f"{site}/robots.txt")
            self._sites.pop(site, None)
            self._sites[site] = known
            self._forget()
        return known

    def _forget(self) -> None:
        """Keeps the sites that were asked last, within bounds: feeds link to any number of them."""
        much = sum(said.size for said in self._sites.values())
        while len(self._sites) > _MANY or (much > _MUCH and len(self._sites) > 1):
            much -= self._sites.pop(next(iter(self._sites))).size

    async def _read(self, url: str) -> _Said:
        try:
            answer = await self._fetcher.fetch(Request(url))
        except FetchError as error:
            return self._without(error, url)
        until = self._clock() + min(FRESH, max(answer.max_age or FRESH, TROUBLED))
        rules = (answer.body or b"")[:LARGEST]
        return _Said(until, len(rules), Protego.parse(rules.decode("utf-8", "replace")))

    def _without(self, error: FetchError, url: str) -> _Said:
        status = error.status or 0
        if (400 <= status < 500 and status != 429) or error.code in _NO_RULES:
            return _Said(self._clock() + FRESH)
        if error.code == "blocked_address":
            return _Said(self._clock() + TROUBLED, trouble=error)
        sentence = f"{place(url)} cannot be read, so the site's pages are left alone for now: {error}"
        wait = max(TROUBLED, min(error.retry_after or 0.0, FRESH))
        trouble = FetchError("robots_unreadable", sentence, status=error.status, retry_after=error.retry_after)
        return _Said(self._clock() + wait, trouble=trouble)
