"""The only way out to the network: HTTP connections that reach no address the config did not allow.

A name is looked up once, every answer is checked, and the checked address is the one that is dialled, so
neither a redirect nor a second DNS answer gets past. TLS still verifies the name. Proxies from the
environment are never used: they would dial for us.
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

Resolver: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
GuardedResolver: TypeAlias = Callable[
    [str, int], Awaitable[Sequence[str]]
]  # of a name and port, the addresses to dial

# At INFO httpx logs whole addresses, and the secret of a webhook is in its address.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

# Of its own, and wide: a dead name server keeps a thread for half a minute, and others must not wait for it.
_dns_threads = ThreadPoolExecutor(64, thread_name_prefix="dns")
_MAX_DIALED_ADDRESSES = 3  # addresses of one name that are dialled before giving up
_CONNECT_TIMEOUT_S = 10.0  # seconds for each of them


class BlockedAddress(httpx.ConnectError):
    """A name or address leads to a network that is not public and not allowed."""


class UnknownName(httpx.ConnectError):
    """A name does not resolve."""


async def system_resolver(host: str, port: int) -> list[str]:
    """The addresses of a name, by the operating system, without blocking the loop. OSError if there are none."""
    if is_ip_address(host):
        return [host]
    loop = asyncio.get_running_loop()
    results = await loop.run_in_executor(
        _dns_threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    )
    return list(dict.fromkeys(str(result[4][0]) for result in results))


def tls_context() -> ssl.SSLContext:
    """TLS that trusts the authorities of `SSL_CERT_FILE` or `SSL_CERT_DIR`, else the usual ones."""
    return _cached_tls_context(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@cache  # loading them takes 20 ms
def _cached_tls_context(*_: str | None) -> ssl.SSLContext:
    return httpx.create_ssl_context()


def guarded_resolver(allowed: Sequence[IpNetwork], resolver: Resolver = system_resolver) -> GuardedResolver:
    """Looks a name up once and refuses it if any of its addresses may not be dialled. UnknownName, BlockedAddress."""

    async def checked(host: str, port: int) -> Sequence[str]:
        try:
            addresses = await resolver(host, port)
        except (OSError, UnicodeError, OverflowError, ValueError):
            addresses = []
        if not addresses:
            raise UnknownName(f"the name {host} does not resolve")
        for address in addresses:
            if not may_dial(address, allowed):
                phrase = "is an address" if address == host else f"leads to {address}, one"
                raise BlockedAddress(f"{host} {phrase} that is not public and not named in allow_private")
        return addresses

    return checked


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Resolves once, refuses if any answer may not be dialled, dials what was checked."""

    def __init__(self, allowed: Sequence[IpNetwork], resolver: Resolver = system_resolver) -> None:
        self._resolve = guarded_resolver(allowed, resolver)
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the name that httpcore calls it by
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
        raise BlockedAddress("local sockets are never dialled")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _ClosingStream(httpcore.AsyncNetworkStream):
    """A connection that is closed when it is given up during a TLS handshake, which httpcore forgets."""

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
    """httpx over a connection pool whose every connection is guarded."""

    def __init__(self, backend: GuardedBackend, tls: ssl.SSLContext) -> None:
        # No connection is kept: one that the server has just closed would fail the next request on it, and hours
        # lie between two requests to most hosts.
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
    """httpcore's errors as httpx's, which bear the same names."""
    try:
        yield
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise getattr(httpx, type(error).__name__)(str(error)) from error


def guarded_client(
    allow_private: Sequence[str], *, timeout: float = 30.0, resolver: Resolver = system_resolver
) -> httpx.AsyncClient:
    """A client for sending: guarded, without redirects, cookies or proxies. `timeout` is for each read.

    BlockedAddress and UnknownName are `httpx.ConnectError`s.
    """
    transport = GuardedTransport(GuardedBackend(parse_ip_networks(allow_private), resolver), tls_context())
    return httpx.AsyncClient(
        transport=transport,
        timeout=timeout,
        trust_env=False,
        follow_redirects=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )
