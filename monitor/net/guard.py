"""Guards all HTTP connections: only public addresses and those allowed by the config are dialed.

A name is resolved once, all its addresses are checked, and a checked address is dialed, so that neither a redirect
nor a second DNS answer gets past. TLS still verifies the name. Proxies of the environment are not used, because a
proxy would do the dialing.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, TypeAlias

import httpcore
import httpx

from monitor.net.addresses import IpNetwork, is_ip_address, may_dial, parse_ip_networks

Resolver: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]  # from host and port to IP addresses
GuardedResolver: TypeAlias = Resolver  # returns only addresses that may be dialed

# At INFO httpx logs full URLs, and webhook URLs contain secrets.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

# A separate, large pool: a dead name server blocks a thread for half a minute, and other lookups must not wait.
_dns_threads = ThreadPoolExecutor(64, thread_name_prefix="dns")
_MAX_DIALED_ADDRESSES = 3  # per host name
_CONNECT_TIMEOUT_S = 10.0  # per address


class BlockedAddress(httpx.ConnectError):
    """A host is or resolves to an address that is neither public nor allowed."""


class UnknownName(httpx.ConnectError):
    """A host name does not resolve."""


async def system_resolver(host: str, port: int) -> list[str]:
    """Resolve a name with the operating system, without blocking the event loop. Raises OSError if that fails."""
    if is_ip_address(host):
        return [host]
    loop = asyncio.get_running_loop()
    results = await loop.run_in_executor(
        _dns_threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    )
    return list(dict.fromkeys(str(result[4][0]) for result in results))


def tls_context() -> ssl.SSLContext:
    """A TLS context that trusts the authorities of `SSL_CERT_FILE` or `SSL_CERT_DIR`, else those of httpx."""
    return _cached_tls_context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@cache  # loading the certificates takes 20 ms
def _cached_tls_context(*_: str | None) -> ssl.SSLContext:
    return httpx.create_ssl_context()


def guarded_resolver(allowed: Sequence[IpNetwork], resolver: Resolver = system_resolver) -> GuardedResolver:
    """A resolver that raises BlockedAddress if any address of a name may not be dialed, and UnknownName if there are
    none."""

    async def checked(host: str, port: int) -> Sequence[str]:
        try:
            addresses = await resolver(host, port)
        except (OSError, UnicodeError, OverflowError, ValueError):
            addresses = []
        if not addresses:
            raise UnknownName(f"the host name {host} does not resolve")
        for address in addresses:
            if not may_dial(address, allowed):
                subject = host if address == host else f"{host} resolves to {address}, which"
                raise BlockedAddress(f"{subject} is not public and not in allow_private")
        return addresses

    return checked


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """The network backend of httpcore with a guarded resolver: it dials only checked addresses."""

    def __init__(self, allowed: Sequence[IpNetwork], resolver: Resolver = system_resolver) -> None:
        self._resolve = guarded_resolver(allowed, resolver)
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's parameter name
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        connect_timeout = min(timeout or _CONNECT_TIMEOUT_S, _CONNECT_TIMEOUT_S)
        *others, last = (await self._resolve(host, port))[:_MAX_DIALED_ADDRESSES]
        for address in others:
            try:
                return _ClosingStream(await self._backend.connect_tcp(address, port, timeout=connect_timeout))
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return _ClosingStream(await self._backend.connect_tcp(last, port, timeout=connect_timeout))

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        raise BlockedAddress("Unix sockets are not allowed")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _ClosingStream(httpcore.AsyncNetworkStream):
    """A connection that is closed if its TLS handshake fails or is canceled; httpcore leaves it open."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self.read = inner.read  # type: ignore[method-assign]
        self.write = inner.write  # type: ignore[method-assign]
        self.aclose = inner.aclose  # type: ignore[method-assign]
        self.get_extra_info = inner.get_extra_info  # type: ignore[method-assign]
        self._inner = inner

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        try:
            return await self._inner.start_tls(ssl_context, server_hostname, timeout)
        except BaseException:
            await self.aclose()
            raise


class GuardedTransport(httpx.AsyncBaseTransport):
    """An httpx transport that makes all its connections through a GuardedBackend."""

    def __init__(self, backend: GuardedBackend, tls: ssl.SSLContext) -> None:
        # No keep-alive: a request on a connection that the server has just closed would fail, and there are hours
        # between two requests to most hosts.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=None,
            max_keepalive_connections=0,
            network_backend=backend,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        with _as_httpx_errors():
            response = await self._pool.handle_async_request(
                httpcore.Request(
                    method=request.method,
                    url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return httpx.Response(
            response.status, headers=response.headers, stream=_ResponseBody(response), extensions=response.extensions
        )

    async def aclose(self) -> None:
        await self._pool.aclose()


class _ResponseBody(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx_errors():
            async for chunk in self._response.aiter_stream():
                yield chunk

    async def aclose(self) -> None:
        with _as_httpx_errors():
            await self._response.aclose()


@contextmanager
def _as_httpx_errors() -> Iterator[None]:
    """Raise httpcore's errors as httpx's, which have the same names."""
    try:
        yield
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise getattr(httpx, type(error).__name__)(str(error)) from error


def guarded_client(
    allow_private: Sequence[str], *, timeout: float = 30.0, resolver: Resolver = system_resolver
) -> httpx.AsyncClient:
    """A guarded client for sending, without redirects, cookies and proxies. `timeout` is in seconds for each read.

    Raises BlockedAddress and UnknownName, which are `httpx.ConnectError`s.
    """
    transport = GuardedTransport(GuardedBackend(parse_ip_networks(allow_private), resolver), tls_context())
    return httpx.AsyncClient(
        transport=transport,
        timeout=timeout,
        trust_env=False,
        follow_redirects=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )
