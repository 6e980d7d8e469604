"""Turn page functions into ASGI endpoints: pages run in threads, and every failure becomes one sentence.

Pages run in two dedicated threads, so the event loop never waits for the disk and the daemon, which reads the same
store, always finds a free connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeAlias
from urllib.parse import quote
from zoneinfo import ZoneInfo

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from monitor.config.models import Config
from monitor.errors import StoreError
from monitor.log import escape_invisible
from monitor.model import Moment
from monitor.ruleset.query.compile import AliasNodes
from monitor.sources.discover import DiscoveredFeed
from monitor.store.base import Store
from monitor.units import DAY
from monitor.web.access import Access, is_api_path
from monitor.web.forms import check_form, read_form
from monitor.web.health import ReadHealth, no_daemon
from monitor.web.rule_files import RuleFiles
from monitor.web.templates import html_response
from monitor.web.tryout_runner import TryoutRunner

log = structlog.get_logger()

PAGE_THREADS = 2  # concurrent reads of the store
PAGE_TIMEOUT_S = 20.0
SLOW_TIMEOUT_S = 40.0  # of searches, which end after a shorter time
DEFAULT_MUTE_S = 90 * DAY

DiscoverFeeds: TypeAlias = Callable[[str], Awaitable[Sequence[DiscoveredFeed]]]

PAGE_FAILED_TEXT = "This page failed. See the log for the cause."


@dataclass(frozen=True, slots=True)
class Site:
    """What page functions read: `clock` returns the current moment, `memory` is how many seconds a "not news" answer
    mutes similar alerts, `base` is the path prefix of links (`middleware.url_base_path`), `access` says who may use
    the pages, by default everybody (`access.open_access`). `config` returns the config in use; it is None for the
    pages of a store alone. `aliases` returns what `@name` in a query stands for. `health` returns the body of
    `/health`; `discover` returns the feeds of a site, and is None without a daemon. `rule_files` reads the rules on
    disk, `tryouts` tries other rules out."""

    store: Store
    timezone: ZoneInfo
    clock: Callable[[], Moment]
    memory: float = DEFAULT_MUTE_S
    base: str = ""
    access: Access = field(default_factory=Access)
    config: Callable[[], Config] | None = None
    aliases: Callable[[], AliasNodes] = dict
    health: ReadHealth = no_daemon
    discover: DiscoverFeeds | None = None
    rule_files: RuleFiles = field(default_factory=RuleFiles)
    tryouts: TryoutRunner = field(default_factory=TryoutRunner)
    threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(PAGE_THREADS, "web"))
    slow_threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "web-slow"))

    @property
    def web_url(self) -> str | None:
        """The public address of the site without a slash at its end; None without `url` under [web]."""
        url = self.config().web.url if self.config else None
        return url.rstrip("/") if url else None

    @asynccontextmanager
    async def lifespan(self, _app: object) -> AsyncIterator[None]:
        """Stop the page threads when the application ends."""
        yield
        self.threads.shutdown(wait=False, cancel_futures=True)
        self.slow_threads.shutdown(wait=False, cancel_futures=True)
        await asyncio.to_thread(self.rule_files.close)


PageFunction: TypeAlias = Callable[[Site, Request], Response]
AsyncEndpoint: TypeAlias = Callable[[Request], Awaitable[Response]]


def page_endpoint(site: Site, page_function: PageFunction, *, has_form_token: bool = True) -> AsyncEndpoint:
    """Return the endpoint that runs `page_function` in a thread and answers failures with a problem page.

    A form must come from one of our pages, which gave it a token; `has_form_token` is false where something else
    proves that.
    """

    async def respond(request: Request) -> Response:
        if request.method == "POST":
            request.state.form = await read_form(request)
            if has_form_token:
                check_form(request)
        return await run_page(PAGE_TIMEOUT_S, site, page_function, request)

    return async_page_endpoint(respond)


def async_page_endpoint(endpoint: AsyncEndpoint) -> AsyncEndpoint:
    """Return the endpoint that answers failures of `endpoint` with a problem page."""

    async def respond(request: Request) -> Response:
        try:
            return await endpoint(request)
        except HTTPException:
            raise
        except StoreError as error:
            log.warning("page failed", stage="web", path=request.scope["path"], error=str(error))
            return problem_response(request, 503, error_sentence(error))
        except Exception:
            log.exception("page failed", stage="web", path=request.scope["path"])
            return problem_response(request, 500, PAGE_FAILED_TEXT)

    return respond


async def run_page(seconds: float, site: Site, page_function: PageFunction, request: Request) -> Response:
    """Run `page_function` in a thread and return its response. Raise StoreError after `seconds`.

    What may take longer than other pages has a thread of its own, so that it does not delay them.
    """
    context = copy_context()  # it knows the visitor
    threads = site.slow_threads if seconds > PAGE_TIMEOUT_S else site.threads
    future = asyncio.get_running_loop().run_in_executor(threads, context.run, page_function, site, request)
    try:
        return await asyncio.wait_for(future, seconds)
    except TimeoutError:
        raise StoreError(f"the database did not answer within {seconds:.0f} seconds") from None


def error_sentence(error: Exception) -> str:
    """Return the text of an error as a sentence."""
    return f"{str(error)[:1].upper()}{str(error)[1:]}."


def problem_response(request: Request, status: int, sentence: str) -> Response:
    """Return an error page, or JSON below `/api/`, with `sentence` as its text, which may repeat parameters."""
    sentence = escape_invisible(sentence)
    base = request.scope.get("root_path", "")
    if is_api_path(request.scope["path"].removeprefix(base)):
        return JSONResponse({"error": sentence}, status)
    return html_response(
        "problem.html", {"base": quote(base), "current_page": "", "status": status, "sentence": sentence}, status
    )


def http_error_response(request: Request, error: Exception) -> Response:
    """Return the error page for an HTTPException of the router or of a page function."""
    assert isinstance(error, HTTPException)
    sentences = {
        403: "This form must be submitted from a page of this monitor. Reload the page and try again.",
        404: "There is no such page.",
        405: "This method is not allowed here.",
        408: "The request body did not arrive in time.",
        413: "The request body is too large.",
    }
    has_detail = error.detail != HTTPStatus(error.status_code).phrase
    sentence = error.detail if has_detail else sentences.get(error.status_code, "The request failed.")
    response = problem_response(request, error.status_code, sentence)
    response.headers.update(error.headers or {})
    return response
