"""An HTTP proxy on loopback for a browser: it dials only what the guard allows, and passes on limited bytes.

A browser resolves names and follows redirects on its own, so its traffic is guarded where it leaves the machine.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import ssl
from base64 import b64encode
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import Self, TypeAlias

import httpx
from python_socks import ProxyConnectionError, ProxyError, ProxyTimeoutError, ProxyType
from python_socks.async_.asyncio.v2 import Proxy as ProxyDialer

from monitor.config.proxy import Proxy
from monitor.errors import FetchError
from monitor.net.client import port_of
from monitor.net.failures import failure_sentence, redacted_url, request_failure
from monitor.net.guard import BlockedAddress, UnknownName
from monitor.net.network import Network
from monitor.net.tls import tls_context

_MAX_HEAD_BYTES = 2**16
_CHUNK_BYTES = 2**16
_DIAL_TIMEOUT_S = 10.0
_DIAL_ERRORS = (
    *(BlockedAddress, UnknownName, OSError, EOFError, TimeoutError),
    *(ProxyError, ProxyConnectionError, ProxyTimeoutError),
)
_Streams: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class GuardingProxy:
    """Use it as an async context manager. `source_proxy` is the source's own setting, as in `Network.route`.

    `failure` is the error of the last host that may not be dialed or could not be connected to. `is_exhausted`: more
    than `max_bytes` were sent.
    Only who knows `username` and `password` may use the proxy.
    """

    def __init__(self, network: Network, *, source_proxy: str | None = None, max_bytes: int) -> None:
        self._network = network
        self._source_proxy = source_proxy
        self._bytes_left = max_bytes
        self._connections: set[asyncio.Task[None]] = set()
        self.failure: FetchError | None = None
        self.username, self.password = "browser", secrets.token_urlsafe(16)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    @property
    def is_exhausted(self) -> bool:
        return self._bytes_left < 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_MAX_HEAD_BYTES)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._connections.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
                await self._serve(reader, writer)
        finally:
            self._connections.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one request, then close: the browser opens a connection for each."""
        request_line, *headers = (await reader.readuntil(b"\r\n\r\n"))[:-4].split(b"\r\n")
        method, target, version = request_line.split(b" ")
        if not self._is_authorized(headers):
            challenge = b'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="proxy"\r\n'
            writer.write(challenge + b"Content-Length: 0\r\nConnection: close\r\n\r\n")
            return
        text = target.decode("ascii")
        url = httpx.URL(f"https://{text}" if method == b"CONNECT" else text)
        try:
            server = await self._dial(url)
        except FetchError as error:
            self.failure = error
            _refuse(writer, b"403 Forbidden" if error.code == "blocked_address" else b"502 Bad Gateway")
            return
        if method == b"CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            server[1].write(b"%b %b %b\r\n%b\r\n" % (method, url.raw_path, version, _forwarded(headers)))
        await self._relay((reader, writer), server)

    def _is_authorized(self, headers: Iterable[bytes]) -> bool:
        expected = b"basic " + b64encode(f"{self.username}:{self.password}".encode())
        given = (value.strip() for name, _, value in map(_partition, headers) if name == b"proxy-authorization")
        return any(secrets.compare_digest(value[:6].lower() + value[6:], expected) for value in given)

    async def _dial(self, url: httpx.URL) -> _Streams:
        """Connect to a server. Raises FetchError."""
        host, port, route = url.host, port_of(url), self._network.route(url, proxy=self._source_proxy)
        try:
            async with asyncio.timeout(_DIAL_TIMEOUT_S):
                if route.proxy is None:
                    return await self._dial_directly(host, port)
                await self._network.guard.check_proxied(host, port, looks_up_names=not route.proxy.resolves_names)
                return await _dial_through(route.proxy, host, port, tls_context(route.ca_files))
        except _DIAL_ERRORS as error:
            failure = request_failure(error)
            raise FetchError(failure.code, failure_sentence(failure, redacted_url(url), route)) from None

    async def _dial_directly(self, host: str, port: int) -> _Streams:
        guard, loop = self._network.guard, asyncio.get_running_loop()
        for address in await guard.resolve(host, port):
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            dialed = guard.open_socket((family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port)))
            dialed.setblocking(False)
            try:
                await loop.sock_connect(dialed, (address, port))
                return await asyncio.open_connection(sock=dialed)
            except OSError:
                dialed.close()
        raise ConnectionRefusedError

    async def _relay(self, browser: _Streams, server: _Streams) -> None:
        """Pass bytes on in both directions until one side closes or the limit is reached."""
        tasks = [
            asyncio.create_task(self._copy(browser[0], server[1], is_counted=False)),
            asyncio.create_task(self._copy(server[0], browser[1], is_counted=True)),
        ]
        try:
            await asyncio.wait(tasks[1:])
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            server[1].close()

    async def _copy(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, is_counted: bool) -> None:
        while chunk := await source.read(_CHUNK_BYTES):
            self._bytes_left -= len(chunk) if is_counted else 0
            if self.is_exhausted:
                return
            target.write(chunk)
            await target.drain()


async def _dial_through(proxy: Proxy, host: str, port: int, tls: ssl.SSLContext) -> _Streams:
    dialer = ProxyDialer(
        proxy_type=ProxyType.SOCKS5 if proxy.is_socks else ProxyType.HTTP,
        host=proxy.host,
        port=proxy.port,
        username=proxy.username,
        password=proxy.password,
        rdns=proxy.resolves_names or not proxy.is_socks,
        proxy_ssl=tls if proxy.scheme == "https" else None,
    )
    stream = await dialer.connect(dest_host=host, dest_port=port)
    return stream.reader, stream.writer


def _refuse(writer: asyncio.StreamWriter, status: bytes) -> None:
    writer.write(b"HTTP/1.1 %b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status)


def _partition(header: bytes) -> tuple[bytes, bytes, bytes]:
    name, colon, value = header.partition(b":")
    return name.strip().lower(), colon, value


def _forwarded(headers: Iterable[bytes]) -> bytes:
    """The headers of a request for the server, which is to close the connection after its response."""
    kept = [header for header in headers if not _partition(header)[0].startswith((b"proxy-", b"connection"))]
    return b"".join(header + b"\r\n" for header in (*kept, b"Connection: close"))
