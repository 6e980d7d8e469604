"""GET requests over HTTP/1.1 on guarded connections. Responses are parsed by h11, as in httpx.

Most responses are "not modified". They have no body, so a complete one in the usual form is parsed with a regular
expression, which is much faster. An idle connection is kept for a few seconds for the next request to its host, and
replaced if the server has closed it meanwhile. Errors are those of httpx.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import h11
import httpx

from monitor.net.guard import GuardedResolver

_TRIES = 3  # addresses dialed per host name
_PATIENCE = 10.0  # seconds per address
_PIECE = 2**16
_HEAD = 2**17  # bytes of status line and headers
_EARLY = 10  # informational responses, such as "103 Early Hints", before the final one

_TOKEN = rb"[-!#$%&'*+.^_`|~0-9A-Za-z]+"
_TEXT = rb"[\t -~\x80-\xff]*"
_NAME, _TARGET = re.compile(_TOKEN), re.compile(rb"[!-~]+")
_VALUE = re.compile(rb"(?:[!-~\x80-\xff](?:" + _TEXT + rb"[!-~\x80-\xff])?)?")
_UNCHANGED = re.compile(rb"HTTP/1\.1 304(?: " + _TEXT + rb")?\r\n((?:" + _TOKEN + rb":" + _TEXT + rb"\r\n)*)\r\n")
_FRAMING = frozenset({"transfer-encoding", "content-length"})

Route: TypeAlias = tuple[str, str, int]  # scheme, host and port
Headers: TypeAlias = Sequence[tuple[bytes, bytes]]


@dataclass(slots=True)
class _Connection:
    """One connection; `exchange` is h11's state of the current request, `free` the time at which it became idle."""

    route: Route
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    exchange: h11.Connection | None = None
    free: float = 0.0

    async def read(self) -> bytes:
        """Return the next bytes. Raises httpx.ReadError."""
        try:
            return await self.reader.read(_PIECE)
        except OSError as error:
            raise httpx.ReadError("the connection broke") from error

    async def event(self) -> h11.Event:
        """Return the next event of the response. Raises httpx.ReadError or httpx.RemoteProtocolError."""
        assert self.exchange
        try:
            while (event := self.exchange.next_event()) is h11.NEED_DATA:
                self.exchange.receive_data(await self.read())
        except h11.RemoteProtocolError as error:
            raise httpx.RemoteProtocolError(str(error)) from error
        if isinstance(event, h11.Event):
            return event
        raise httpx.RemoteProtocolError("the connection cannot be used any more")

    def cut(self) -> None:
        self.writer.transport.abort()


@dataclass(slots=True)
class RawResponse:
    """A response before its body. Header names are in lower case, values are decoded as latin-1."""

    status: int
    headers: dict[str, str]
    line: _Connection

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as sent, not decompressed. Raises httpx.RemoteProtocolError or ReadError if it is cut off."""
        while isinstance(event := await self.line.event(), h11.Data):
            yield bytes(event.data)


class Http11Pool:
    """A pool of connections to the addresses that `checked` returns. Idle ones are kept for `idle` seconds."""

    def __init__(self, checked: GuardedResolver, tls: ssl.SSLContext, idle: float = 4.0) -> None:
        self._checked = checked
        self._tls = tls
        self._idle = idle
        self._free: dict[Route, list[_Connection]] = {}
        self._sweeping: asyncio.TimerHandle | None = None

    async def get(self, url: httpx.URL, headers: Headers) -> RawResponse:
        """Send a request and return the response before its body, to be passed to `release` later. Raises
        httpx.TransportError."""
        route = url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)
        asked = _PreparedRequest(url.raw_path, [(b"Host", url.netloc), *headers])
        sent = asked.written()
        while line := self._take(route):
            try:
                return await _exchange(line, asked, sent)
            except httpx.TransportError:  # the server closed it while it was idle
                continue
        return await _exchange(await self._dial(route), asked, sent)

    def release(self, answer: RawResponse) -> None:
        """End the use of a response. The connection becomes idle, or is closed if the body has not ended."""
        line = answer.line
        if line.exchange and not _over(line.exchange):
            line.cut()
        else:
            line.exchange = None
            self._keep(line)

    def close(self) -> None:
        """Close all idle connections."""
        if self._sweeping:
            self._sweeping.cancel()
        for lines in self._free.values():
            for line in lines:
                line.cut()
        self._free.clear()

    async def _dial(self, route: Route) -> _Connection:
        _, host, port = route
        *others, last = (await self._checked(host, port))[:_TRIES]
        for address in others:
            try:
                return await self._connect(address, route)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._connect(last, route)

    async def _connect(self, address: str, route: Route) -> _Connection:
        scheme, host, port = route
        tls, name = (self._tls, host) if scheme == "https" else (None, None)
        try:
            async with asyncio.timeout(_PATIENCE):
                streams = await asyncio.open_connection(address, port, limit=_PIECE, ssl=tls, server_hostname=name)
            return _Connection(route, *streams)
        except TimeoutError as error:
            raise httpx.ConnectTimeout("no connection in time") from error
        except OSError as error:
            raise httpx.ConnectError("no connection") from error

    def _take(self, route: Route) -> _Connection | None:
        """Remove and return an idle connection that is not known to be closed."""
        lines = self._free.get(route, [])
        while lines:
            line = lines.pop()
            if not line.reader.at_eof() and not line.writer.is_closing():
                return line
            line.cut()
        return None

    def _keep(self, line: _Connection) -> None:
        line.free = time.monotonic()
        self._free.setdefault(line.route, []).append(line)
        if self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().call_later(self._idle, self._sweep)

    def _sweep(self) -> None:
        """Close connections that were idle for too long, and run again while there are idle ones."""
        late = time.monotonic() - self._idle
        for route, lines in list(self._free.items()):
            for line in lines:
                if line.free <= late:
                    line.cut()
            self._free[route] = [line for line in lines if line.free > late]
            if not self._free[route]:
                del self._free[route]
        again = asyncio.get_running_loop().call_later(self._idle, self._sweep) if self._free else None
        self._sweeping = again


@dataclass(frozen=True, slots=True)
class _PreparedRequest:
    """A GET request."""

    target: bytes
    headers: Headers

    def written(self) -> bytes:
        """The bytes to send. Raises httpx.LocalProtocolError for an invalid target or header."""
        if not _TARGET.fullmatch(self.target):
            raise httpx.LocalProtocolError("invalid request target")
        return b"GET %b HTTP/1.1\r\n%b\r\n" % (self.target, b"".join([_written(*one) for one in self.headers]))

    def followed(self) -> h11.Connection:
        """The state of h11 after this request."""
        talk = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD)
        talk.send(h11.Request(method=b"GET", target=self.target, headers=list(self.headers)))
        talk.send(h11.EndOfMessage())
        return talk


@lru_cache(maxsize=256)  # most are the same in every request
def _written(name: bytes, value: bytes) -> bytes:
    if not (_NAME.fullmatch(name) and _VALUE.fullmatch(value)):
        raise httpx.LocalProtocolError("invalid header")
    return b"%b: %b\r\n" % (name, value)


async def _exchange(line: _Connection, asked: _PreparedRequest, sent: bytes) -> RawResponse:
    try:
        line.writer.write(sent)
        came = await line.read()
        if (headers := _unchanged(came)) is not None:
            return RawResponse(304, headers, line)
        line.exchange = asked.followed()
        line.exchange.receive_data(came)
        for _ in range(_EARLY):
            event = await line.event()
            if isinstance(event, h11.Response):
                return RawResponse(event.status_code, _by_name(event.headers), line)
        raise httpx.RemoteProtocolError("too many informational responses")
    except BaseException:
        line.cut()
        raise


def _unchanged(came: bytes) -> dict[str, str] | None:
    """The headers if the bytes are one complete 304 response that keeps the connection open, else None. Unusual forms
    are left to h11."""
    found = _UNCHANGED.fullmatch(came)
    if not found:
        return None
    headers = _by_name((name, value.strip(b" \t")) for name, _, value in _fields(found[1]))
    if headers.get("connection", "keep-alive").lower() != "keep-alive" or not _FRAMING.isdisjoint(headers):
        return None
    return headers


def _fields(block: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    return (line.partition(b":") for line in block.split(b"\r\n")[:-1])


def _over(talk: h11.Connection) -> bool:
    """Return whether the response is complete and no bytes follow it."""
    try:
        if talk.their_state is h11.SEND_BODY:
            talk.next_event()  # the end of a response without a body
        talk.start_next_cycle()
    except h11.ProtocolError:
        return False
    return talk.trailing_data == (b"", False)


def _by_name(fields: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by lowercase name; values with the same name are joined."""
    found: dict[str, str] = {}
    for name, value in fields:
        key, text = name.decode("ascii").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found
