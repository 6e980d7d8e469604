"""One GET over HTTP/1.1 on a guarded connection, and no more than that.

A full client costs ten times as much for each request, and most requests bring "not modified". A connection that is
free again waits a few seconds for the next request to its host; one that proves to be dead by then is replaced.
Errors are httpx's, as everywhere in sending and fetching.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

import httpx

from monitor.sources.guard import Checked

BODILESS = (204, 304)
_TRIES = 3  # addresses of one name that are dialled before giving up
_PATIENCE = 10.0  # seconds for each of them
_PIECE = 2**16
_HEAD = 2**17  # bytes of status and headers
_EARLY = 10  # answers such as "103 Early Hints" before the real one
_STATUS = re.compile(rb"HTTP/1\.([01])[ ]+([1-9][0-9]{2})(?:[ \t][^\0]*)?")
_NAME = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_HEADER = re.compile(rb"(%b)[ \t]*:[ \t]*([^\0\r\n]*)" % _NAME)
_SENDABLE = re.compile(rb"%b: ([!-~\x80-\xff]([\t -~\x80-\xff]*[!-~\x80-\xff])?)?" % _NAME)
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,12})[ \t]*(?:;.*)?", re.DOTALL)
_SENDABLE = re.compile(
    rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+: (?:[^\0-\x1f\x7f ](?:[^\0-\x08\x0a-\x1f\x7f]*[^\0-\x1f\x7f ])?)?"
)

Route = tuple[str, str, int]  # scheme, host and port


@dataclass(slots=True)
class _Line:
    """One connection; `free` is since when it waits for another request."""

    route: Route
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    free: float = 0.0

    def cut(self) -> None:
        self.writer.transport.abort()


@dataclass(slots=True)
class Answer:
    """Status and headers (names in small letters, values as latin-1); `pieces` are those of the body as it came."""

    status: int
    headers: dict[str, str]
    lasting: bool
    line: _Line
    whole: bool = False

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body over the wire, still compressed. RemoteProtocolError or ReadError where it breaks off."""
        reader, length = self.line.reader, self.headers.get("content-length")
        try:
            if self.status in BODILESS:
                parts: AsyncIterator[bytes] = _counted(reader, 0)
            elif "transfer-encoding" in self.headers:
                parts = _chunked(reader, self.headers["transfer-encoding"])
            elif length is not None:
                parts = _counted(reader, _length(length))
            else:
                parts, self.lasting = _rest(reader), False
            async for piece in parts:
                yield piece
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise httpx.RemoteProtocolError("the body breaks off") from error
        except OSError as error:
            raise httpx.ReadError("the connection broke") from error
        self.whole = True


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
        if answer.lasting and (answer.whole or answer.status in BODILESS):
            self._keep(answer.line)
        else:
            answer.line.cut()

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


def _request(url: httpx.URL, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The request as it is sent. LocalProtocolError for a header that would end early or begin another."""
    lines = [b"GET %b HTTP/1.1" % url.raw_path, b"Host: " + url.netloc]
    for name, value in headers:
        line = b"%b: %b" % (name, value)
        if not _SENDABLE.fullmatch(line):
            raise httpx.LocalProtocolError("a header that cannot be sent")
        lines.append(line)
    return b"\r\n".join((*lines, b"", b""))


async def _exchange(line: _Line, request: bytes) -> Answer:
    try:
        line.writer.write(request)
        for _ in range(_EARLY):
            answer = await _head(line)
            if answer.status >= 200:
                return answer
        raise httpx.RemoteProtocolError("no answer after many early ones")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
        line.cut()
        raise httpx.RemoteProtocolError("no HTTP answer") from error
    except OSError as error:
        line.cut()
        raise httpx.ReadError("the connection broke") from error
    except BaseException:
        line.cut()
        raise


async def _head(line: _Line) -> Answer:
    """Status and headers. ValueError for what is neither."""
    first = (await line.reader.readuntil(b"\n")).strip()
    status = _STATUS.fullmatch(first)
    if status is None:
        raise ValueError("no status line")
    headers = _headers(await _lines(line.reader))
    lasting = status[1] == b"1" and "close" not in headers.get("connection", "").lower()
    return Answer(int(status[2]), headers, lasting, line)


async def _lines(reader: asyncio.StreamReader) -> list[bytes]:
    """The lines up to an empty one, those that go on in the next joined. ValueError when there is no end of them."""
    found: list[bytes] = []
    size = 0
    while piece := (await reader.readuntil(b"\n")).rstrip(b"\r\n"):
        size += len(piece)
        if size > _HEAD:
            raise ValueError("too many headers")
        if piece[:1] in b" \t" and found:
            found[-1] += b" " + piece.strip()
        else:
            found.append(piece)
    return found


def _headers(lines: Sequence[bytes]) -> dict[str, str]:
    """Headers by name, several of one name joined. ValueError for what is none."""
    found: dict[str, str] = {}
    for line in lines:
        header = _HEADER.fullmatch(line)
        if header is None:
            raise ValueError("no header")
        name, value = header[1].decode("ascii").lower(), header[2].strip().decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _length(said: str) -> int:
    """The length of a body; several headers must agree."""
    values = {value.strip() for value in said.split(",")}
    if len(values) != 1 or not re.fullmatch("[0-9]{1,15}", said := values.pop()):
        raise httpx.RemoteProtocolError("a length that is none")
    return int(said)


async def _counted(reader: asyncio.StreamReader, left: int) -> AsyncIterator[bytes]:
    while left:
        piece = await reader.read(min(left, _PIECE))
        if not piece:
            raise httpx.RemoteProtocolError("the body breaks off")
        left -= len(piece)
        yield piece


async def _rest(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while piece := await reader.read(_PIECE):
        yield piece


async def _chunked(reader: asyncio.StreamReader, coding: str) -> AsyncIterator[bytes]:
    if coding.strip().lower() != "chunked":
        raise httpx.RemoteProtocolError("a transfer coding that is not known")
    while True:
        size = _CHUNK.fullmatch((await reader.readuntil(b"\n")).strip())
        if size is None:
            raise httpx.RemoteProtocolError("a chunk without a size")
        if not (left := int(size[1], 16)):
            await _lines(reader)
            return
        async for piece in _counted(reader, left):
            yield piece
        if (await reader.readuntil(b"\n")).strip():
            raise httpx.RemoteProtocolError("a chunk that is longer than it says")
