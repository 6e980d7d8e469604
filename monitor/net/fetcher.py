"""Fetches a source with a conditional request, within limits on time, size, redirects and requests per host.

Every failure is a FetchError with a code and one sentence, which contains at most scheme, host and path of a URL. The
body of a `Response` is complete and decompressed, or None for "not modified".
"""

from __future__ import annotations

import asyncio
import re
import time
from base64 import b64encode
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from types import TracebackType
from typing import Self, TypeAlias

import httpx

from monitor.errors import FetchError
from monitor.net.addresses import is_in_networks, parse_ip_networks
from monitor.net.decompress import Decompressor
from monitor.net.failures import redacted_url, status_error, translate_httpx_errors
from monitor.net.guard import Resolver, guarded_resolver, system_resolver, tls_context
from monitor.net.headers import max_age_seconds
from monitor.net.http11 import Http11Pool, RawResponse
from monitor.net.rate_limit import HostRateLimiter
from monitor.net.response import Request, Response

_REDIRECTS = 5
_AT_ONCE = 192  # concurrent requests to all hosts together
_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)
UrlCheck: TypeAlias = Callable[[str], Awaitable[None]]  # raises FetchError if a URL may not be fetched
_OURS = frozenset({"accept-encoding", "host", "connection", "content-length", "transfer-encoding"})


@dataclass(frozen=True, slots=True)
class _Hop:
    """One step of a chain of redirects. `own`: the source's headers are sent."""

    url: httpx.URL
    own: bool = True


class Fetcher:
    """The HTTP client for all sources. A fetch takes at most `deadline` seconds plus the wait for a slot of the host,
    and returns at most `max_bytes`. Use it as an async context manager, or call `close`."""

    def __init__(
        self,
        *,
        user_agent: str,
        allow_private: Sequence[str],
        deadline: float = 30.0,
        max_bytes: int = 16 * 2**20,
        resolver: Resolver = system_resolver,
        rate_limiter: HostRateLimiter | None = None,
    ) -> None:
        self._user_agent = user_agent
        self._allowed = parse_ip_networks(allow_private)
        self._deadline = deadline
        self._max_bytes = max_bytes
        self._wire = Http11Pool(guarded_resolver(self._allowed, resolver), tls_context())
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._turns = rate_limiter or HostRateLimiter()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all idle connections."""
        self._wire.close()

    async def fetch(self, request: Request, check_url: UrlCheck | None = None) -> Response:
        """Fetch a URL and follow redirects, each after `check_url`. Raises FetchError unless a complete response
        arrives."""
        asked = _asked(request.url)
        hop, left = _Hop(asked), self._deadline
        for _ in range(_REDIRECTS + 1):
            # The deadline does not include the wait for a slot, which is not the server's fault.
            async with self._turn(hop.url.host), self._at_once:
                begun = time.monotonic()
                try:
                    async with asyncio.timeout(left):
                        found = await self._step(request, hop)
                except TimeoutError:
                    sentence = f"{redacted_url(asked)} sent no complete response within {self._deadline:g} seconds"
                    raise FetchError("timeout", sentence) from None
            if isinstance(found, Response):
                return found
            hop, left = found, left - (time.monotonic() - begun)
            if check_url:  # after the slot is released, because the check may fetch robots.txt
                await check_url(str(hop.url))
        raise FetchError("too_many_redirects", f"{redacted_url(asked)} redirects more than {_REDIRECTS} times")

    def is_polite_to(self, host: str) -> bool:
        """Return whether rate limits and robots.txt apply to a host: to all but those in `allow_private`."""
        return host != "localhost" and not is_in_networks(host, self._allowed)

    def slow_down(self, host: str, pause: float) -> None:
        """Set the pause in seconds between two requests to a host, within limits."""
        self._turns.set_delay(host, pause)

    def _turn(self, host: str) -> AbstractAsyncContextManager[None]:
        return self._turns.acquire(host) if self.is_polite_to(host) else nullcontext()

    async def _step(self, request: Request, hop: _Hop) -> Response | _Hop:
        """Return the response for one URL, or the next hop if it redirects."""
        with translate_httpx_errors(hop.url):
            answer = await self._wire.get(hop.url, self._headers(request, hop))
        try:
            if answer.status not in (301, 302, 303, 307, 308):
                return await self._read(request, hop, answer)
            return _next(hop, answer)
        finally:
            self._wire.release(answer)

    def _headers(self, request: Request, hop: _Hop) -> list[tuple[bytes, bytes]]:
        headers = {"user-agent": self._user_agent, "accept": _ACCEPT}
        if request.etag:
            headers["if-none-match"] = request.etag
        if request.last_modified:
            headers["if-modified-since"] = request.last_modified
        if hop.own:
            headers |= _own_headers(request)
        headers["accept-encoding"] = "gzip, deflate"
        try:
            return [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items()]
        except UnicodeEncodeError:
            raise FetchError("bad_header", "a header of the source contains characters that cannot be sent") from None

    async def _read(self, request: Request, hop: _Hop, answer: RawResponse) -> Response:
        status, headers = answer.status, answer.headers
        if status == 304 and not (request.etag or request.last_modified):
            sentence = f"{redacted_url(hop.url)} answered an unconditional request with 304 Not Modified"
            raise FetchError("unasked_not_modified", sentence, status=status)
        if status != 304 and not (200 <= status < 300 and status != 206):
            stripped = bool(request.headers or request.auth) and not hop.own
            raise status_error(answer.status, answer.headers, hop.url, time.time(), headers_stripped=stripped)
        return Response(
            status=status,
            url=str(hop.url),
            body=None if status == 304 else await self._body(hop.url, answer),
            content_type=headers.get("content-type", ""),
            etag=headers.get("etag") or (request.etag if status == 304 else None),
            last_modified=headers.get("last-modified") or (request.last_modified if status == 304 else None),
            max_age=max_age_seconds(headers, time.time()),
        )

    async def _body(self, url: httpx.URL, answer: RawResponse) -> bytes:
        inflater = Decompressor(answer.headers.get("content-encoding", ""), self._max_bytes, redacted_url(url))
        with translate_httpx_errors(url, is_reading_body=True):
            async for piece in answer.chunks():
                inflater.add_chunk(piece)
        return inflater.finish()


@lru_cache(maxsize=8192)  # the same URLs are fetched at every poll
def _asked(url: str) -> httpx.URL:
    return _address(url)


def _address(text: str | httpx.URL, said_by: str = "") -> httpx.URL:
    """Parse a URL that can be fetched, without its fragment. Raises FetchError `bad_url`, its sentence starting with
    `said_by`."""
    try:
        url = httpx.URL(text)
        url = url.copy_with(fragment=None) if "#" in str(text) else url
    except (httpx.InvalidURL, ValueError):
        raise FetchError("bad_url", f"{said_by or 'the address'} is not a valid URL") from None
    if url.scheme not in ("http", "https"):
        raise FetchError("bad_url", f"{said_by or 'the address'} is not an http or https URL")
    if not url.host or not 0 < (url.port or 80) < 65536 or url.port == 0:
        raise FetchError("bad_url", f"{said_by or 'the address'} has no host or an invalid port")
    if url.userinfo:
        raise FetchError("bad_url", f"{said_by or 'the address'} contains a username or password; set them in `auth`")
    return url


def _next(hop: _Hop, answer: RawResponse) -> _Hop:
    """The next hop of a redirect."""
    said_by = f"the redirect target of {redacted_url(hop.url)}"
    # Servers send non-ASCII bytes unescaped; they are percent-encoded as they are, in any charset.
    location = re.sub(r"[\x80-\xff]", lambda found: f"%{ord(found[0]):02X}", answer.headers.get("location", ""))
    if not location:
        sentence = f"{redacted_url(hop.url)} redirects without a Location header"
        raise FetchError("bad_url", sentence, status=answer.status)
    try:
        url = _address(hop.url.join(location), said_by)
    except (httpx.InvalidURL, ValueError):
        raise FetchError("bad_url", f"{said_by} is not a valid URL") from None
    return _Hop(url, own=hop.own and _origin(url) == _origin(hop.url))


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)


def _own_headers(request: Request) -> dict[str, str]:
    """The source's headers and authentication, without the headers that the client sets itself."""
    headers = {
        name.lower(): value.get_secret_value() for name, value in request.headers.items() if name.lower() not in _OURS
    }
    auth = request.auth
    if auth and auth.token:
        headers["authorization"] = f"Bearer {auth.token.get_secret_value()}"
    elif auth and auth.username is not None:
        password = auth.password.get_secret_value() if auth.password else ""
        pair = b64encode(f"{auth.username}:{password}".encode()).decode("ascii")
        headers["authorization"] = f"Basic {pair}"
    return headers
