"""A server on loopback that sends exactly the bytes it is told to, for what a proper server would never do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from ssl import SSLContext
from typing import Self, TypeAlias

FEED = b"<rss version='2.0'><channel><title>T</title><item><title>The bridge is open.</title></item></channel></rss>"


@dataclass(frozen=True)
class Asked:
    """One request as it came: target, and headers by small name."""

    target: str
    headers: dict[str, str]


Answer: TypeAlias = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


def ok(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """A proper answer. `content_type="x"` becomes `content-type: x`."""
    head = {"content-length": str(len(body))} | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode("latin-1") + body


def moved(to: str, status: int = 302) -> bytes:
    return ok(b"", f"{status} Moved", location=to)


class RawServer:
    """Gives its answers in turn, the last one for ever, and closes after each. Keeps what it was asked.

    With a `greeting` it says that at once instead, and then waits.
    """

    def __init__(
        self, *answers: Answer, host: str = "127.0.0.1", tls: SSLContext | None = None, greeting: bytes | None = None
    ) -> None:
        self.answers = answers
        self.host = host
        self.tls = tls
        self.greeting = greeting
        self.port = 0
        self.asked: list[Asked] = []
        self.connections = 0
        self.at_once = 0
        self.most_at_once = 0
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
        self.connections += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                if self.greeting is not None:
                    writer.write(self.greeting)
                    await reader.read()
                else:
                    await self._answer(await reader.readuntil(b"\r\n\r\n"), writer)
        finally:
            self.at_once -= 1
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
            self.tasks.discard(task)

    async def _answer(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        first, *lines = request.decode("latin-1").strip().split("\r\n")
        pairs = (line.partition(":") for line in lines)
        self.asked.append(Asked(first.split(" ")[1], {name.lower(): value.strip() for name, _, value in pairs}))
        answer = self.answers[min(len(self.asked), len(self.answers)) - 1]
        if isinstance(answer, bytes):
            writer.write(answer)
            await writer.drain()
        else:
            await answer(writer)
