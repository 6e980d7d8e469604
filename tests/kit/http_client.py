"""A guarded client for single requests, as channels use it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from monitor.net.client import HttpClient, Route, http_request
from monitor.net.guard import Guard


@dataclass(frozen=True)
class SendingClient:
    client: HttpClient

    async def send(self, method: str, url: str, body: bytes = b"") -> httpx.Response:
        """Return a response with its whole body."""
        response = await self.client.send(http_request(method, httpx.URL(url), {}, body), Route())
        await response.aread()
        await response.aclose()
        return response


@asynccontextmanager
async def sending_client(allow_private: list[str]) -> AsyncIterator[SendingClient]:
    client = HttpClient(Guard(allow_private), keep_alive=False)
    yield SendingClient(client)
    await client.close()
