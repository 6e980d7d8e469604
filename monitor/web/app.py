"""The web application: which address leads to which page."""

from __future__ import annotations

from collections.abc import Callable, Collection
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route

from monitor.model import Moment
from monitor.store import Store
from monitor.web import answers, api, html, silences
from monitor.web.base import Below
from monitor.web.guard import LOOPBACK, Guard
from monitor.web.site import MEMORY, Site, endpoint, health, refused
from monitor.web.templates import style

MADE = {
    "/": html.list_alerts,
    "/alerts/{id}": html.show_alert,
    "/stories/{id}": html.show_story,
    "/sources": html.list_sources,
    "/deliveries": html.list_deliveries,
    "/silences": silences.list_silences,
    "/{kind}/{id}/silence": silences.ask,
    "/api/alerts": api.list_alerts,
    "/api/alerts/{id}": api.show_alert,
    "/api/stories/{id}": api.show_story,
    "/api/sources": api.list_sources,
    "/api/deliveries": api.list_deliveries,
    "/api/silences": api.list_silences,
    "/api/status": api.show_status,
}

CHANGING = {
    "/alerts/{id}/ack": answers.acknowledge,
    "/alerts/{id}/not-news": answers.not_news,
    "/{kind}/{id}/silence": silences.silence,
    "/silences/{id:int}/end": silences.end,
}


def app(
    store: Store,
    *,
    timezone: ZoneInfo,
    clock: Callable[[], Moment],
    memory: float = MEMORY,
    hosts: Collection[str] | None = LOOPBACK,
    base: str = "",
) -> Starlette:
    """Pages and JSON about what `store` holds, with times told in `timezone`.

    Only requests for one of `hosts` are answered (`guard.hosts_of` gives a config's); None answers all. What somebody
    calls not news is muted for `memory` seconds. `base` is the path that the pages stand below (`base.base_of`).
    """
    site = Site(store, timezone, clock, memory, base)
    made = Starlette(
        routes=[
            *(Route(path, endpoint(site, make)) for path, make in MADE.items()),
            *(Route(path, endpoint(site, make), methods=["POST"]) for path, make in CHANGING.items()),
            Route("/health", health(site)),
            Route("/style.css", style),
        ],
        middleware=[Middleware(Guard, hosts=hosts), Middleware(Below, base=base)],
        exception_handlers={HTTPException: refused},
        lifespan=site.open,
    )
    made.router.redirect_slashes = False  # it would repeat the Host header to the browser
    return made
