"""Fetches a source with a conditional request, within limits on time, size, redirects and requests per host.

Every failure is a FetchError with a code and one sentence, which contains at most scheme, host and path of a URL. The
body of a `Response` is complete and decompressed, or None for "not modified".
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from types import TracebackType
from typing import Self, TypeAlias

import httpx

from monitor.config.models import Auth
from monitor.errors import FetchError
from monitor.net.client import HttpClient, Route, header_dict, http_request
from monitor.net.credentials import Login, credential_headers
from monitor.net.decompress import ACCEPT_ENCODING, decompress
from monitor.net.failures import naming_proxy, redacted_url, status_error, translate_network_errors
from monitor.net.headers import max_age_seconds
from monitor.net.network import Network
from monitor.net.rate_limit import HostRateLimiter
from monitor.net.redirects import REDIRECT_STATUSES, Hop, Origin, next_hop, origin_of, source_url
from monitor.net.response import Request, Response

_MAX_REDIRECTS = 5
_MAX_CONCURRENT_REQUESTS = 192  # to all hosts together
_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)
UrlCheck: TypeAlias = Callable[[str], Awaitable[None]]  # raises FetchError if a URL may not be fetched


class Fetcher:
    """The HTTP client for all sources. A fetch takes at most `deadline` seconds plus the wait for a slot of the host,
    and returns at most `max_bytes`. Use it as an async context manager, or call `close`."""

    def __init__(
        self,
        *,
        user_agent: str,
        network: Network,
        deadline: float = 30.0,
        max_bytes: int = 16 * 2**20,
        rate_limiter: HostRateLimiter | None = None,
    ) -> None:
        self._user_agent = user_agent
        self._network = network
        self._deadline = deadline
        self._max_bytes = max_bytes
        self._client = HttpClient(network.guard)
        # A POST on a kept connection that the server has just closed would fail, and it must not be repeated.
        self._post_client = HttpClient(network.guard, keep_alive=False)
        self._logins: dict[tuple[Auth, Origin], Login] = {}
        self._request_slots = asyncio.Semaphore(_MAX_CONCURRENT_REQUESTS)
        self._rate_limiter = rate_limiter or HostRateLimiter()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all idle connections."""
        await self._client.close()
        await self._post_client.close()

    async def fetch(self, request: Request, check_url: UrlCheck | None = None) -> Response:
        """Fetch a URL and follow redirects, each after `check_url`. Raises FetchError unless a complete response
        arrives."""
        hop, left = Hop(source_url(request.url), request.method), self._deadline
        for _ in range(_MAX_REDIRECTS + 1):
            # The deadline does not include the wait for a slot, which is not the server's fault.
            async with self._host_slot(hop.url.host), self._request_slots:
                started = time.monotonic()
                route = self._route(request, hop)
                with naming_proxy(route.proxy):
                    result = await self._fetch_in_time(request, hop, route, left)
            if isinstance(result, Response):
                return result
            hop, left = result, left - (time.monotonic() - started)
            if check_url:  # after the slot is released, because the check may fetch robots.txt
                await check_url(str(hop.url))
        remark = ", and sets a cookie each time" if hop.cookies else ""
        sentence = f"{redacted_url(request.url)} redirects more than {_MAX_REDIRECTS} times{remark}"
        raise FetchError("too_many_redirects", sentence)

    def is_polite_to(self, host: str) -> bool:
        """Return whether rate limits and robots.txt apply to a host: to all but those in `allow_private`."""
        return host != "localhost" and not self._network.guard.allows_by_config(host)

    def slow_down(self, host: str, pause: float) -> None:
        """Set the pause in seconds between two requests to a host, within limits."""
        self._rate_limiter.set_delay(host, pause)

    def _host_slot(self, host: str) -> AbstractAsyncContextManager[None]:
        return self._rate_limiter.acquire(host) if self.is_polite_to(host) else nullcontext()

    def _route(self, request: Request, hop: Hop) -> Route:
        client_cert = request.client_cert if hop.sends_credentials else None
        return self._network.route(
            hop.url, proxy=request.proxy_address, ca_file=request.ca_file, client_cert=client_cert
        )

    async def _fetch_in_time(self, request: Request, hop: Hop, route: Route, seconds: float) -> Response | Hop:
        try:
            async with asyncio.timeout(seconds):
                return await self._fetch_hop(request, hop, route)
        except TimeoutError:
            subject = redacted_url(request.url)
            sentence = f"{subject} sent no complete response within {self._deadline:g} seconds"
            raise FetchError("timeout", sentence) from None

    async def _fetch_hop(self, request: Request, hop: Hop, route: Route) -> Response | Hop:
        """Return the response for one URL, or the next hop if it redirects."""
        with translate_network_errors(hop.url, route):
            response = await self._send(request, hop, route)
        try:
            if response.status_code not in REDIRECT_STATUSES:
                return await self._read(request, hop, route, response)
            return next_hop(hop, response)
        finally:
            await response.aclose()

    async def _send(self, request: Request, hop: Hop, route: Route) -> httpx.Response:
        """Send a request, and again if the server rejects the form of the login."""
        body = request.body.get_secret_value().encode() if request.body and hop.method != "GET" else b""
        sent = http_request(hop.method, hop.url, self._headers(request, hop), body)
        client = self._client if hop.method == "GET" else self._post_client
        if not (hop.sends_credentials and request.auth and request.auth.username is not None):
            return await client.send(sent, route)
        login = self._logins.setdefault((request.auth, origin_of(hop.url)), Login(request.auth))
        flow = login.auth_flow(sent)
        sent = next(flow)
        while True:
            response = await client.send(sent, route)
            try:
                sent = flow.send(response)
            except StopIteration:
                return response
            await response.aclose()

    def _headers(self, request: Request, hop: Hop) -> dict[str, str]:
        headers = {"user-agent": self._user_agent, "accept": _ACCEPT}
        if hop.method == "GET":
            headers |= _conditions(request)
        elif request.body is not None:
            headers["content-type"] = "application/json"
        if hop.sends_credentials and request.has_credentials:
            headers |= credential_headers(request)
        if cookies := hop.chain_cookies():
            headers["cookie"] = "; ".join(filter(None, (headers.get("cookie"), cookies)))
        headers["accept-encoding"] = ACCEPT_ENCODING
        return headers

    async def _read(self, request: Request, hop: Hop, route: Route, response: httpx.Response) -> Response:
        status, headers, now = response.status_code, header_dict(response), time.time()
        if status == 304 and not (request.etag or request.last_modified):
            sentence = f"{redacted_url(hop.url)} answered an unconditional request with 304 Not Modified"
            raise FetchError("unasked_not_modified", sentence, status=status)
        if status != 304 and not (200 <= status < 300 and status != 206):
            stripped = request.has_credentials and not hop.sends_credentials
            raise status_error(status, headers, hop.url, now, headers_stripped=stripped)
        return Response(
            status=status,
            url=str(hop.url),
            body=None if status == 304 else await self._body(hop.url, route, response),
            content_type=headers.get("content-type", ""),
            etag=headers.get("etag") or (request.etag if status == 304 else None),
            last_modified=headers.get("last-modified") or (request.last_modified if status == 304 else None),
            max_age=max_age_seconds(headers, now),
            proxy=route.proxy,
        )

    async def _body(self, url: httpx.URL, route: Route, response: httpx.Response) -> bytes:
        label, body = redacted_url(url), bytearray()
        with translate_network_errors(url, route, is_reading_body=True):
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > self._max_bytes:
                    raise FetchError("body_too_large", f"{label} sent more than {self._max_bytes / 2**20:.3g} MiB")
        return decompress(bytes(body), response.headers.get("content-encoding", ""), self._max_bytes, label)


def _conditions(request: Request) -> dict[str, str]:
    """The headers that make a request conditional. A validator that cannot be sent as it came is left out."""
    conditions = {"if-none-match": request.etag, "if-modified-since": request.last_modified}
    return {name: value for name, value in conditions.items() if value and value.isascii()}
