"""The HTTP client for fetching and sending: httpx's requests and responses on aiohttp's engine, all dials guarded.

It follows no redirects, keeps no cookies, and leaves bodies compressed: the callers do that within their limits.
"""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import httpx
from aiohttp_socks import ProxyConnector, ProxyType
from httpx_aiohttp import AiohttpTransport

from monitor.config.proxy import Proxy
from monitor.errors import FetchError
from monitor.net.guard import Guard, GuardedResolver
from monitor.net.tls import tls_context

CONNECT_TIMEOUT_S = 10.0
_TIMEOUTS = {"timeout": {"connect": CONNECT_TIMEOUT_S}}
IDLE_CONNECTION_S = 4.0  # a kept connection is closed after this: there are minutes between polls of most hosts
_MAX_HEADER_BYTES, _MAX_HEADERS = 16_384, 1_024  # for each line of a response's head, and their number

# At INFO httpx logs full URLs, and webhook URLs contain secrets.
logging.getLogger("httpx").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Route:
    """How a server is reached: the proxy, the authorities to trust besides the system's, and our own certificate."""

    proxy: Proxy | None = None
    ca_files: tuple[Path, ...] = ()
    client_cert: Path | None = None


def http_request(method: str, url: httpx.URL, headers: Mapping[str, str], body: bytes = b"") -> httpx.Request:
    """Return a request that a client can send. Raises FetchError for a header that cannot be sent."""
    if not all(value.isascii() and value.isprintable() for value in headers.values()):
        raise FetchError("bad_header", "a header of the source contains characters that cannot be sent")
    # A body given as a stream skips the preparation of default headers, which aiohttp does again.
    request = httpx.Request(method, url, headers=headers, stream=httpx.ByteStream(body), extensions=_TIMEOUTS)
    request.read()
    return request


def header_dict(response: httpx.Response) -> dict[str, str]:
    """Return the headers of a response by lowercase name; of several with one name the last. Several times faster
    than as many look-ups in `response.headers`."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers.raw}


class HttpClient:
    """Sends single requests. Without `keep_alive` each request opens a new connection."""

    def __init__(self, guard: Guard, *, keep_alive: bool = True) -> None:
        self._guard = guard
        self._keep_alive = keep_alive
        self._transports: dict[Route, AiohttpTransport] = {}

    async def send(self, request: httpx.Request, route: Route) -> httpx.Response:
        """Return the response before its body; the caller closes it.

        Raises BlockedAddress or UnknownName, both httpx.TransportErrors, other errors of httpx and aiohttp, which
        `failures` translates, and FetchError for an unusable certificate file.
        """
        if route.proxy:
            url, looks_up_names = request.url, not route.proxy.resolves_names
            await self._guard.check_proxied(url.host, port_of(url), looks_up_names=looks_up_names)
        return await self._transport(route).handle_async_request(request)

    async def close(self) -> None:
        """Close all connections."""
        for transport in self._transports.values():
            await transport.aclose()
        self._transports.clear()

    def _transport(self, route: Route) -> AiohttpTransport:
        if route not in self._transports:
            self._transports[route] = self._open_transport(route)
        return self._transports[route]

    def _open_transport(self, route: Route) -> AiohttpTransport:
        tls = tls_context(route.ca_files, route.client_cert)
        options: dict[str, Any] = {
            "ssl": tls,
            "limit": 0,
            "use_dns_cache": False,
            "force_close": not self._keep_alive,
        }
        if self._keep_alive:
            options["keepalive_timeout"] = IDLE_CONNECTION_S
        session = aiohttp.ClientSession(
            connector=_connector(self._guard, route.proxy, options),
            cookie_jar=aiohttp.DummyCookieJar(),
            response_class=_AsciiReasonResponse,
            trust_env=False,
            auto_decompress=False,
            max_line_size=_MAX_HEADER_BYTES,
            max_field_size=_MAX_HEADER_BYTES,
            max_headers=_MAX_HEADERS,
        )
        return AiohttpTransport(verify=tls, client=session, proxy=_httpx_proxy(route.proxy))


class _AsciiReasonResponse(aiohttp.ClientResponse):
    """A response whose reason phrase can be passed on: httpx-aiohttp fails on bytes that are not UTF-8."""

    async def start(self, connection: aiohttp.connector.Connection) -> aiohttp.ClientResponse:
        await super().start(connection)
        self.reason = (self.reason or "").encode("ascii", "replace").decode("ascii")
        return self


def basic_login(username: str, password: str) -> str:
    """Return the value of an Authorization header for HTTP Basic."""
    return f"Basic {b64encode(f'{username}:{password}'.encode()).decode('ascii')}"


def port_of(url: httpx.URL) -> int:
    """Return the port of a URL, the default one of its scheme if it names none."""
    return url.port or (443 if url.scheme == "https" else 80)


def _connector(guard: Guard, proxy: Proxy | None, options: dict[str, Any]) -> aiohttp.TCPConnector:
    """The connector that dials. With a proxy only that is dialed, and the config names it, so it may be private."""
    if proxy is None:
        return aiohttp.TCPConnector(resolver=GuardedResolver(guard), socket_factory=guard.open_socket, **options)
    if not proxy.is_socks:
        return aiohttp.TCPConnector(**options)
    return ProxyConnector(
        proxy.host,
        proxy.port,
        ProxyType.SOCKS5,
        username=proxy.username,
        password=proxy.password,
        rdns=proxy.resolves_names,
        **options,
    )


def _httpx_proxy(proxy: Proxy | None) -> httpx.Proxy | None:
    if proxy is None or proxy.is_socks:
        return None
    # aiohttp sends this header to the proxy only, as Proxy-Authorization.
    headers = {} if proxy.username is None else {"authorization": basic_login(proxy.username, proxy.password or "")}
    return httpx.Proxy(proxy.url, headers=headers)
