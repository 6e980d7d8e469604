"""The web application: its routes, middleware and error responses."""

from __future__ import annotations

from collections.abc import Callable, Collection
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route

from monitor.model import Moment
from monitor.store.base import Store
from monitor.web import api, feedback, silences, views
from monitor.web.answer_page import answer_endpoint
from monitor.web.endpoint import DEFAULT_MUTE_S, Site, http_error_response, page_endpoint
from monitor.web.health import ReadHealth, health_endpoint, no_daemon
from monitor.web.metrics import metrics_endpoint
from monitor.web.middleware import LOOPBACK_HOSTS, BasePathMiddleware, HostGuardMiddleware
from monitor.web.templates import style_sheet

GET_ROUTES = {
    "/": views.list_alerts,
    "/alerts/{id}": views.show_alert,
    "/stories/{id}": views.show_story,
    "/sources": views.list_sources,
    "/deliveries": views.list_deliveries,
    "/silences": silences.list_silences,
    "/{kind}/{id}/silence": silences.silence_form,
    "/api/alerts": api.list_alerts,
    "/api/alerts/{id}": api.show_alert,
    "/api/stories/{id}": api.show_story,
    "/api/sources": api.list_sources,
    "/api/deliveries": api.list_deliveries,
    "/api/silences": api.list_silences,
    "/api/status": api.show_status,
}

POST_ROUTES = {
    "/alerts/{id}/ack": feedback.acknowledge,
    "/alerts/{id}/not-news": feedback.mark_not_news,
    "/{kind}/{id}/silence": silences.submit_silence,
    "/silences/{id:int}/end": silences.submit_silence_end,
}


def create_app(
    store: Store,
    *,
    timezone: ZoneInfo,
    clock: Callable[[], Moment],
    memory: float = DEFAULT_MUTE_S,
    hosts: Collection[str] | None = LOOPBACK_HOSTS,
    base: str = "",
    health: ReadHealth = no_daemon,
) -> Starlette:
    """Return the application that serves the content of `store`, with times in `timezone`.

    Only requests whose Host is in `hosts` are answered (`middleware.accepted_hosts` reads them from a config); None
    accepts any. A "not news" answer mutes similar alerts for `memory` seconds. `base` is the path prefix of every
    link (`middleware.url_base_path`). `health` returns the body of `/health`; `/metrics` has it too.
    """
    site = Site(store, timezone, clock, memory, base)
    application = Starlette(
        routes=[
            *(Route(path, page_endpoint(site, page_function)) for path, page_function in GET_ROUTES.items()),
            *(
                Route(path, page_endpoint(site, page_function), methods=["POST"])
                for path, page_function in POST_ROUTES.items()
            ),
            Route("/answer/{token}", answer_endpoint(site), methods=["GET", "POST"]),
            Route("/health", health_endpoint(health)),
            Route("/metrics", metrics_endpoint(site, health)),
            Route("/style.css", style_sheet),
        ],
        middleware=[Middleware(HostGuardMiddleware, hosts=hosts), Middleware(BasePathMiddleware, base=base)],
        exception_handlers={HTTPException: http_error_response},
        lifespan=site.lifespan,
    )
    application.router.redirect_slashes = False  # a redirect would echo the Host header
    return application
