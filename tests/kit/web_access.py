"""Clients of pages that require a login: from any address, and as a browser that sends its own forms."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx

from kit.sample_store import KYIV, NOW
from monitor.config_file.load import read_config
from monitor.store.base import Store
from monitor.web import rule_tryout
from monitor.web.access import Access
from monitor.web.app import ASYNC_POST_ROUTES, POST_ROUTES, create_app
from monitor.web.endpoint import Site

FORM_PATHS = (*POST_ROUTES, *ASYNC_POST_ROUTES, *rule_tryout.GET_ROUTES)
PASSWORD = "correct horse"
TOKEN = "a-token-for-programs"
SAME_ORIGIN = {"origin": "http://localhost:8080"}
NEIGHBOR = "192.0.2.7"  # an address beyond loopback


@dataclass
class TestClock:
    """A clock that tests move."""

    __test__ = False
    now: float = NOW

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def visitor_client(
    store: Store,
    access: Access,
    *,
    address: str = "127.0.0.1",
    clock: Callable[[], float] = lambda: NOW,
    base: str = "",
    folder: Path | None = None,
) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client that connects from `address`, without a network. `folder` has the config of the store."""

    config = partial(read_config, folder / "config.toml", env={}) if folder else None
    site = Site(store, timezone=KYIV, clock=clock, base=base, access=access, config=config)
    transport = httpx.ASGITransport(create_app(site), client=(address, 40000))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
        yield client


def form_token(page: str) -> str:
    """Return the token of the first form of a page."""
    match = re.search(r'name="csrf_token" value="([0-9a-f]{64})"', page)
    assert match, page
    return match[1]


async def log_in(client: httpx.AsyncClient, password: str = PASSWORD, next: str = "/") -> httpx.Response:
    """Submit the login form as a browser does."""
    page = await client.get("/login")
    form = {"csrf_token": form_token(page.text), "password": password, "next": next}
    return await client.post("/login", data=form, headers=SAME_ORIGIN)
