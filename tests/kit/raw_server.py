"""A server on loopback that sends exactly the given bytes, including responses no correct server would send."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from ssl import SSLContext
from typing import Self, TypeAlias

SAMPLE_FEED = (
    b"<rss version='2.0'><channel><title>T</title><item><title>The bridge is open.</title></item></channel></rss>"
)


@dataclass(frozen=True)
class RawRequest:
    """A received request: its target, and its headers by lowercase name."""

    target: str
    headers: dict[str, str]


ScriptedAnswer: TypeAlias = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


def http_response(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """Return a valid response. `content_type="x"` becomes `content-type: x`."""
    head = {"content-length": str(len(body))} | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode("latin-1") + body


def redirect(location: str, status: int = 302) -> bytes:
    return http_response(b"", f"{status} Moved", location=location)


class RawServer:
    """Sends its answers in turn, the last one repeatedly, and closes the connection after each. Records requests.

    With a `greeting` it sends only that, at once, and then waits.
    """

    def __init__(
        self,
        *answers: ScriptedAnswer,
        host: str = "127.0.0.1",
        tls: SSLContext | None = None,
        greeting: bytes | None = None,
    ) -> None:
        self.answers = answers
        self.host = host
        self.tls = tls
        self.greeting = greeting
        self.port = 0
        self.received_requests: list[RawRequest] = []
        self.connection_count = 0
        self.open_connections = 0
        self.max_open_connections = 0
        self.tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://{self.host}:{self.port}/"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, self.host, 0, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self.tasks.add(task)
        self.connection_count += 1
        self.open_connections += 1
        self.max_open_connections = max(self.max_open_connections, self.open_connections)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                if self.greeting is not None:
                    writer.write(self.greeting)
                    await reader.read()
                else:
                    await self._answer(await reader.readuntil(b"\r\n\r\n"), writer)
        finally:
            self.open_connections -= 1
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
            self.tasks.discard(task)

    async def _answer(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        request_line, *lines = request.decode("latin-1").strip().split("\r\n")
        pairs = (line.partition(":") for line in lines)
        self.received_requests.append(
            RawRequest(request_line.split(" ")[1], {name.lower(): value.strip() for name, _, value in pairs})
        )
        answer = self.answers[min(len(self.received_requests), len(self.answers)) - 1]
        if isinstance(answer, bytes):
            writer.write(answer)
            await writer.drain()
        else:
            await answer(writer)
