"""A web site on loopback that is reached by a public name, so that politeness binds, as it would out there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kit.raw import RawServer, ok
from monitor.sources.addresses import is_address
from monitor.sources.fetch import Fetcher
from monitor.sources.turns import Turns

NAME = "news.example"


class Site(RawServer):
    """Answers by path; what it does not have is a 404. `requests` are the paths it was asked for."""

    def __init__(self, pages: dict[str, bytes], host: str = "127.0.0.1") -> None:
        super().__init__(host=host)
        self.pages = pages

    @property
    def requests(self) -> list[str]:
        return [asked.target for asked in self.asked]

    def at(self, path: str) -> str:
        """The public address of a path."""
        return f"http://{NAME}:{self.port}{path}"

    async def _answer(self, request: bytes, writer: asyncio.StreamWriter) -> None:
        self.answers = (self.pages.get(request.split()[1].decode(), ok(b"", "404 Not Found")),)
        await super()._answer(request, writer)


async def loopback(host: str, port: int) -> list[str]:
    """Every name leads to loopback, every address to itself."""
    return [host] if is_address(host) else ["127.0.0.1"]


@asynccontextmanager
async def visitor(turns: Turns | None = None) -> AsyncIterator[Fetcher]:
    """A fetcher that may reach a site by any name."""
    fetcher = Fetcher(
        user_agent="Claimwatch/test (+https://claimwatch.example)",
        allow_private=["127.0.0.0/8"],
        lookup=loopback,
        turns=turns or Turns(0.0),
        deadline=2.0,
    )
    async with fetcher:
        yield fetcher


def page(text: str) -> bytes:
    """An answer with a web page of one paragraph."""
    return ok(f"<html><body><main><p>{text}</p></main></body></html>".encode(), content_type="text/html")
