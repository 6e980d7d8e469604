"""One GET over HTTP/1.1 on a guarded connection: h11 speaks the protocol, as it does beneath httpx.

httpx's client and pool cost about ten times as much for each request, and most requests bring "not modified". A
connection that is free again waits a few seconds for the next request to its host; one that proves to be dead by then
is replaced. Errors are httpx's, as everywhere in sending and fetching.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

import h11
import httpx

from monitor.sources.guard import Checked

_TRIES = 3  # addresses of one name that are dialled before giving up
_PATIENCE = 10.0  # seconds for each of them
_PIECE = 2**16
_HEAD = 2**17  # bytes of status and headers
_EARLY = 10  # answers such as "103 Early Hints" before the real one

Route: TypeAlias = tuple[str, str, int]  # scheme, host and port


@dataclass(slots=True)
class _Line:
    """One connection; `free` is since when it waits for another request."""

    route: Route
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    talk: h11.Connection = field(default_factory=lambda: h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD))
    free: float = 0.0

    async def event(self) -> h11.Event:
        """The next part of the answer, read as far as need be. httpx.ReadError or RemoteProtocolError."""
        with _told():
            while (event := self.talk.next_event()) is h11.NEED_DATA:
                self.talk.receive_data(await self.reader.read(_PIECE))
        if isinstance(event, h11.Event):
            return event
        raise httpx.RemoteProtocolError("the connection is of no use any more")

    def cut(self) -> None:
        self.writer.transport.abort()


@dataclass(slots=True)
class Answer:
    """Status and headers (names in small letters, values as latin-1); `pieces` are those of the body as it came."""

    status: int
    headers: dict[str, str]
    line: _Line

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body over the wire, still compressed. RemoteProtocolError or ReadError where it breaks off."""
        while isinstance(event := await self.line.event(), h11.Data):
            yield bytes(event.data)


class Wire:
    """Connections to wherever `checked` lets go, with `tls` for https; free ones are kept for `idle` seconds."""

    def __init__(self, checked: Checked, tls: ssl.SSLContext, idle: float = 4.0) -> None:
        self._checked = checked
        self._tls = tls
        self._idle = idle
        self._free: dict[Route, list[_Line]] = {}
        self._sweeping: asyncio.TimerHandle | None = None

    async def get(self, url: httpx.URL, headers: Iterable[tuple[bytes, bytes]]) -> Answer:
        """The answer, its body still to be read; `done` must follow. An httpx.TransportError if there is none."""
        route = url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)
        request = _request(url, headers)
        while line := self._take(route):
            try:
                return await _exchange(line, request)
            except httpx.TransportError:  # it was closed while it was free
                continue
        return await _exchange(await self._dial(route), request)

    def done(self, answer: Answer) -> None:
        """No more of the answer is read: its connection is free for the next one, or cut."""
        line = answer.line
        try:
            if line.talk.their_state is h11.SEND_BODY:
                line.talk.next_event()  # the end of an answer that has no body
            line.talk.start_next_cycle()
        except h11.ProtocolError:
            line.cut()
        else:
            self._keep(line)

    def close(self) -> None:
        """Closes every connection that is free."""
        if self._sweeping:
            self._sweeping.cancel()
        for lines in self._free.values():
            for line in lines:
                line.cut()
        self._free.clear()

    async def _dial(self, route: Route) -> _Line:
        _, host, port = route
        *others, last = (await self._checked(host, port))[:_TRIES]
        for address in others:
            try:
                return await self._connect(address, route)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._connect(last, route)

    async def _connect(self, address: str, route: Route) -> _Line:
        scheme, host, port = route
        tls, name = (self._tls, host) if scheme == "https" else (None, None)
        try:
            async with asyncio.timeout(_PATIENCE):
                streams = await asyncio.open_connection(address, port, limit=_PIECE, ssl=tls, server_hostname=name)
            return _Line(route, *streams)
        except TimeoutError as error:
            raise httpx.ConnectTimeout("no connection in time") from error
        except OSError as error:
            raise httpx.ConnectError("no connection") from error

    def _take(self, route: Route) -> _Line | None:
        """A free connection that still stands, as far as is known."""
        lines = self._free.get(route, [])
        while lines:
            line = lines.pop()
            if not line.reader.at_eof() and not line.writer.is_closing():
                return line
            line.cut()
        return None

    def _keep(self, line: _Line) -> None:
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


def _request(url: httpx.URL, headers: Iterable[tuple[bytes, bytes]]) -> h11.Request:
    """The request. LocalProtocolError for a header that cannot be sent."""
    try:
        return h11.Request(method=b"GET", target=url.raw_path, headers=[(b"Host", url.netloc), *headers])
    except h11.LocalProtocolError as error:
        raise httpx.LocalProtocolError("a header that cannot be sent") from error


async def _exchange(line: _Line, request: h11.Request) -> Answer:
    try:
        line.writer.write((line.talk.send(request) or b"") + (line.talk.send(h11.EndOfMessage()) or b""))
        for _ in range(_EARLY):
            event = await line.event()
            if isinstance(event, h11.Response):
                return Answer(event.status_code, _headers(event), line)
        raise httpx.RemoteProtocolError("no answer after many early ones")
    except BaseException:
        line.cut()
        raise


def _headers(response: h11.Response) -> dict[str, str]:
    """Headers by name, several of one name joined."""
    found: dict[str, str] = {}
    for name, value in response.headers:
        key, text = name.decode("ascii"), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


@contextmanager
def _told() -> Iterator[None]:
    """Failures of reading as httpx's."""
    try:
        yield
    except h11.RemoteProtocolError as error:
        raise httpx.RemoteProtocolError(str(error)) from error
    except OSError as error:
        raise httpx.ReadError("the connection broke") from error
