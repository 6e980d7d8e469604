"""One GET over HTTP/1.1 on a guarded connection: h11 reads the answer, as it does beneath httpx.

Most requests bring "not modified": such an answer has no body whatever it says, and one that came whole and is
plainly written is read by a pattern, for a fraction of the price. A connection that is free again waits a few seconds
for the next request to its host; one that proves to be dead by then is replaced. Errors are httpx's, as everywhere in
sending and fetching.
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

_TRIES = 3  # addresses of one name that are dialled before giving up
_PATIENCE = 10.0  # seconds for each of them
_PIECE = 2**16
_HEAD = 2**17  # bytes of status and headers
_EARLY = 10  # answers such as "103 Early Hints" before the real one

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
    """One connection; `talk` is the exchange that h11 follows on it, and `free` since when it waits for another."""

    route: Route
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    exchange: h11.Connection | None = None
    free: float = 0.0

    async def read(self) -> bytes:
        """What has come. httpx.ReadError."""
        try:
            return await self.reader.read(_PIECE)
        except OSError as error:
            raise httpx.ReadError("the connection broke") from error

    async def event(self) -> h11.Event:
        """The next part of the answer, read as far as need be. httpx.ReadError or RemoteProtocolError."""
        assert self.exchange
        try:
            while (event := self.exchange.next_event()) is h11.NEED_DATA:
                self.exchange.receive_data(await self.read())
        except h11.RemoteProtocolError as error:
            raise httpx.RemoteProtocolError(str(error)) from error
        if isinstance(event, h11.Event):
            return event
        raise httpx.RemoteProtocolError("the connection is of no use any more")

    def cut(self) -> None:
        self.writer.transport.abort()


@dataclass(slots=True)
class RawResponse:
    """Status and headers (names in small letters, values as latin-1); `pieces` are those of the body as it came."""

    status: int
    headers: dict[str, str]
    line: _Connection

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body over the wire, still compressed. RemoteProtocolError or ReadError where it breaks off."""
        while isinstance(event := await self.line.event(), h11.Data):
            yield bytes(event.data)


class Http11Pool:
    """Connections to wherever `checked` lets go, with `tls` for https; free ones are kept for `idle` seconds."""

    def __init__(self, checked: GuardedResolver, tls: ssl.SSLContext, idle: float = 4.0) -> None:
        self._checked = checked
        self._tls = tls
        self._idle = idle
        self._free: dict[Route, list[_Connection]] = {}
        self._sweeping: asyncio.TimerHandle | None = None

    async def get(self, url: httpx.URL, headers: Headers) -> RawResponse:
        """The answer, its body still to be read; `done` must follow. An httpx.TransportError if there is none."""
        route = url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)
        asked = _PreparedRequest(url.raw_path, [(b"Host", url.netloc), *headers])
        sent = asked.written()
        while line := self._take(route):
            try:
                return await _exchange(line, asked, sent)
            except httpx.TransportError:  # it was closed while it was free
                continue
        return await _exchange(await self._dial(route), asked, sent)

    def release(self, answer: RawResponse) -> None:
        """No more of the answer is read: its connection is free for the next one, or cut."""
        line = answer.line
        if line.exchange and not _over(line.exchange):
            line.cut()
        else:
            line.exchange = None
            self._keep(line)

    def close(self) -> None:
        """Closes every connection that is free."""
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
        """A free connection that still stands, as far as is known."""
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
        """Closes what was free for long, and comes again while anything is."""
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
    """A request: what of its host, and all its headers."""

    target: bytes
    headers: Headers

    def written(self) -> bytes:
        """As it goes over the wire. LocalProtocolError for a header that cannot be sent."""
        if not _TARGET.fullmatch(self.target):
            raise httpx.LocalProtocolError("an address that cannot be sent")
        return b"GET %b HTTP/1.1\r\n%b\r\n" % (self.target, b"".join([_written(*one) for one in self.headers]))

    def followed(self) -> h11.Connection:
        """An exchange in which this was sent."""
        talk = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD)
        talk.send(h11.Request(method=b"GET", target=self.target, headers=list(self.headers)))
        talk.send(h11.EndOfMessage())
        return talk


@lru_cache(maxsize=256)  # most are the same in every request
def _written(name: bytes, value: bytes) -> bytes:
    if not (_NAME.fullmatch(name) and _VALUE.fullmatch(value)):
        raise httpx.LocalProtocolError("a header that cannot be sent")
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
        raise httpx.RemoteProtocolError("no answer after many early ones")
    except BaseException:
        line.cut()
        raise


def _unchanged(came: bytes) -> dict[str, str] | None:
    """The headers of a whole and plain "not modified" after which the connection stands; None for all else."""
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
    """Whether the exchange came to its end, and nothing came after it."""
    try:
        if talk.their_state is h11.SEND_BODY:
            talk.next_event()  # the end of an answer that has no body
        talk.start_next_cycle()
    except h11.ProtocolError:
        return False
    return talk.trailing_data == (b"", False)


def _by_name(fields: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by name in small letters, several of one name joined."""
    found: dict[str, str] = {}
    for name, value in fields:
        key, text = name.decode("ascii").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found
