"""How a request becomes an answer: the page is made in a thread, and whatever goes wrong is one sentence.

The pages have two threads of their own: the loop never waits for a disk, and the daemon, which reads the same
store, always finds a connection free.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import quote
from zoneinfo import ZoneInfo

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from monitor.errors import StoreError
from monitor.model import Moment
from monitor.store.base import Store
from monitor.store.reports.alerts import load_alert_page
from monitor.units import DAY
from monitor.web.forms import read_form
from monitor.web.templates import html_response

log = structlog.get_logger()

PAGE_THREADS = 2  # of the store at once
PAGE_TIMEOUT_S = 20.0  # seconds that a page may take
DEFAULT_MUTE_S = 90 * DAY
HEALTH_TIMEOUT_S = 5.0  # seconds in which a healthy store has answered

PAGE_FAILED_TEXT = "Something went wrong while this page was made. The log says what."


@dataclass(frozen=True, slots=True)
class Site:
    """What pages are made from: the store, the time zone they tell times in, the present moment, for how long what
    is not news is muted, and the path that links begin with."""

    store: Store
    timezone: ZoneInfo
    clock: Callable[[], Moment]
    memory: float = DEFAULT_MUTE_S
    base: str = ""
    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(PAGE_THREADS, "web"))

    @asynccontextmanager
    async def lifespan(self, _app: object) -> AsyncIterator[None]:
        """The life of the application."""
        yield
        self.threads.shutdown(wait=False, cancel_futures=True)


PageFunction: TypeAlias = Callable[[Site, Request], Response]
AsyncEndpoint: TypeAlias = Callable[[Request], Awaitable[Response]]


def page_endpoint(site: Site, page_function: PageFunction) -> AsyncEndpoint:
    """What answers requests with the response that `make` gives."""

    async def respond(request: Request) -> Response:
        try:
            if request.method == "POST":
                request.state.form = await read_form(request)
            return await run_page(PAGE_TIMEOUT_S, site, page_function, request)
        except HTTPException:
            raise
        except StoreError as error:
            log.warning("page failed", stage="web", path=request.scope["path"], error=str(error))
            return problem_response(request, 503, f"{str(error)[:1].upper()}{str(error)[1:]}.")
        except Exception:
            log.exception("page failed", stage="web", path=request.scope["path"])
            return problem_response(request, 500, PAGE_FAILED_TEXT)

    return respond


def health_endpoint(site: Site) -> AsyncEndpoint:
    """What tells a watchdog whether the store answers, and nothing more."""

    async def respond(request: Request) -> Response:
        try:
            return await run_page(HEALTH_TIMEOUT_S, site, check_store, request)
        except Exception:
            return PlainTextResponse("fail", 503)

    return respond


async def run_page(seconds: float, site: Site, page_function: PageFunction, request: Request) -> Response:
    """What `make` gives, made in a thread. StoreError if that takes longer."""
    future = asyncio.get_running_loop().run_in_executor(site.threads, page_function, site, request)
    try:
        return await asyncio.wait_for(future, seconds)
    except TimeoutError:
        raise StoreError(f"the database has not answered for {seconds:.0f} seconds") from None


def check_store(site: Site, _request: Request) -> Response:
    """`ok` once the store has answered."""
    with site.store.read() as conn:
        load_alert_page(conn, limit=1)
    return PlainTextResponse("ok")


def problem_response(request: Request, status: int, sentence: str) -> Response:
    """A page, or JSON for programs, that says in one sentence why there is nothing to see."""
    base = request.scope.get("root_path", "")
    if request.scope["path"].startswith(f"{base}/api/"):
        return JSONResponse({"error": sentence}, status)
    return html_response(
        "problem.html", {"base": quote(base), "here": "", "status": status, "sentence": sentence}, status
    )


def http_error_response(request: Request, error: Exception) -> Response:
    """The answer to what the router or a page refused."""
    assert isinstance(error, HTTPException)
    sentences = {
        403: "Only a page of this monitor can ask for that.",
        404: "There is no such page.",
        405: "This page can only be read.",
        408: "What was sent did not arrive.",
        413: "What was sent is too long.",
    }
    sentence = (
        error.detail if error.status_code == 400 else sentences.get(error.status_code, "That cannot be answered.")
    )
    response = problem_response(request, error.status_code, sentence)
    response.headers.update(error.headers or {})
    return response
