"""Loads pages in a headless Chromium, for sources with `render`: what a script writes into a page is part of it then.

A browser is started for each page and ended after it, so nothing of one site is seen by another. All its traffic goes
through a guarding proxy; time, memory and bytes are limited. Needs the extra `claimwatch[browser]`.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from monitor.errors import FetchError
from monitor.net.client import Route as NetworkRoute
from monitor.net.client import port_of
from monitor.net.credentials import credential_headers, login_of
from monitor.net.failures import naming_proxy, redacted_url, status_error, translate_network_errors
from monitor.net.guarding_proxy import GuardingProxy
from monitor.net.network import Network
from monitor.net.process_memory import descendants_memory
from monitor.net.redirects import origin_of, source_url
from monitor.net.response import Request, Response

if TYPE_CHECKING:
    import httpx
    from playwright.async_api import Browser as Chromium
    from playwright.async_api import Page, Playwright, Route

PAGE_DEADLINE_S = 60.0
MAX_PAGE_BYTES = 64 * 2**20  # all that a page loads
MAX_MEMORY_BYTES = 2**30  # of all processes of the browser
_NO_BROWSER = "the browser for pages with `render` cannot be started; install Chromium, or set `browser` in [network]"
_IDLE_WAIT_S = 10.0  # for the requests of scripts to end
_LIMIT_CHECK_S = 0.5
_BROWSER_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SKIPPED_RESOURCES = frozenset({"image", "media", "font"})
_FLAGS = (
    "--proxy-bypass-list=<-loopback>",  # without this, loopback addresses would be dialed directly
    "--disable-quic",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--dns-prefetch-disable",
    "--disable-background-networking",
    "--disable-component-update",
    "--js-flags=--max-old-space-size=512",
)


class PageBrowser:
    """Loads one page at a time. `executable` is the path of a Chromium; None for the first one that is found."""

    def __init__(self, network: Network, user_agent: str, executable: str | None = None) -> None:
        self._network = network
        self._user_agent = user_agent
        self._executable = executable
        self._slot = asyncio.Semaphore(1)

    async def fetch(self, request: Request) -> Response:
        """Return a page as it is once its scripts have run. Raises FetchError."""
        url = source_url(request.url)
        route = self._network.route(url, proxy=request.proxy_address)
        async with self._slot:
            with naming_proxy(route.proxy):
                return replace(await self._load_in_time(request, url, route), proxy=route.proxy)

    async def _load_in_time(self, request: Request, url: httpx.URL, route: NetworkRoute) -> Response:
        try:
            async with asyncio.timeout(PAGE_DEADLINE_S):
                return await self._load(request, url, route)
        except TimeoutError:
            sentence = f"{redacted_url(url)} was not loaded within {PAGE_DEADLINE_S:g} seconds"
            raise FetchError("timeout", sentence) from None

    async def _load(self, request: Request, url: httpx.URL, route: NetworkRoute) -> Response:
        from playwright.async_api import Error, async_playwright

        if route.proxy is None:
            with translate_network_errors(url, route):
                await self._network.guard.resolve(url.host, port_of(url))
        async with (
            GuardingProxy(self._network, source_proxy=request.proxy_address, max_bytes=MAX_PAGE_BYTES) as proxy,
            async_playwright() as playwright,
            self._running(playwright, proxy) as chromium,
        ):
            limits = _LimitWatch(chromium, proxy, redacted_url(url))
            try:
                return await self._read_page(chromium, request, url)
            except Error:
                raise limits.exceeded or _load_error(url, proxy) from None
            finally:
                limits.stop()

    @asynccontextmanager
    async def _running(self, playwright: Playwright, proxy: GuardingProxy) -> AsyncIterator[Chromium]:
        from playwright.async_api import Error

        try:
            chromium = await playwright.chromium.launch(
                executable_path=self._executable or find_browser(),
                args=list(_FLAGS),
                chromium_sandbox=os.geteuid() != 0,  # Chromium has no sandbox for root
                proxy={"server": proxy.address, "username": proxy.username, "password": proxy.password},
            )
        except Error:
            raise FetchError("browser", _NO_BROWSER) from None
        try:
            yield chromium
        finally:
            with suppress(Error):
                await chromium.close()

    async def _read_page(self, chromium: Chromium, request: Request, url: httpx.URL) -> Response:
        from playwright.async_api import TimeoutError as WaitTimeout

        context = await chromium.new_context(
            user_agent=self._user_agent,
            accept_downloads=False,
            service_workers="block",
            http_credentials=_http_credentials(request, url),
        )
        cookies = {name: value.get_secret_value() for name, value in request.cookies.items()}
        await context.add_cookies([{"name": name, "value": cookies[name], "url": str(url)} for name in cookies])
        page = await context.new_page()
        await page.route("**/*", _RequestFilter(request, url))
        response = await page.goto(str(url), wait_until="domcontentloaded", timeout=0)
        if response is None or response.status >= 400:
            status, headers = (response.status, response.headers) if response else (500, {})
            raise status_error(status, headers, url, time.time(), headers_stripped=False)
        with suppress(WaitTimeout):
            await page.wait_for_load_state("networkidle", timeout=_IDLE_WAIT_S * 1000)
        return await _as_response(page)


class _RequestFilter:
    """Adds the source's headers to requests to its own origin, and skips images, media and fonts."""

    def __init__(self, request: Request, url: httpx.URL) -> None:
        self._headers = credential_headers(request)
        self._origin = origin_of(url)

    async def __call__(self, route: Route) -> None:
        if route.request.resource_type in _SKIPPED_RESOURCES:
            await route.abort()
        elif self._headers and origin_of(source_url(route.request.url)) == self._origin:
            await route.continue_(headers=await route.request.all_headers() | self._headers)
        else:
            await route.continue_()


def find_browser() -> str | None:
    """Return the path of an installed Chromium; None to use the one that Playwright installed."""
    return next(filter(None, map(shutil.which, _BROWSER_NAMES)), None)


def _http_credentials(request: Request, url: httpx.URL) -> Any:
    if request.auth is None or request.auth.username is None:
        return None
    username, password = login_of(request.auth)
    scheme, host, port = origin_of(url)
    return {"username": username, "password": password, "origin": f"{scheme}://{host}:{port}"}


async def _as_response(page: Page) -> Response:
    html = await page.content()
    return Response(200, page.url, html.encode("utf-8", "replace"), "text/html; charset=utf-8", None, None, None)


class _LimitWatch:
    """Closes a browser that exceeds a limit. `exceeded` is the error then, else None."""

    def __init__(self, chromium: Chromium, proxy: GuardingProxy, label: str) -> None:
        self.exceeded: FetchError | None = None
        self._chromium, self._proxy, self._label = chromium, proxy, label
        self._task = asyncio.create_task(self._watch())

    def stop(self) -> None:
        self._task.cancel()

    async def _watch(self) -> None:
        while self.exceeded is None:
            await asyncio.sleep(_LIMIT_CHECK_S)
            self.exceeded = self._error(await asyncio.to_thread(descendants_memory, os.getpid(), "chrom"))
        await self._chromium.close()

    def _error(self, memory: int) -> FetchError | None:
        if self._proxy.is_exhausted:
            return FetchError("body_too_large", f"{self._label} loaded more than {MAX_PAGE_BYTES / 2**20:g} MiB")
        if memory > MAX_MEMORY_BYTES:
            sentence = f"{self._label} used more than {MAX_MEMORY_BYTES / 2**30:g} GiB of memory in the browser"
            return FetchError("browser_memory", sentence)
        return None


def _load_error(url: httpx.URL, proxy: GuardingProxy) -> FetchError:
    """The error for a page of which nothing was loaded: its own address, or that of a redirect, cannot be reached."""
    return proxy.failure or FetchError("unreachable", f"{redacted_url(url)} cannot be loaded in the browser")
