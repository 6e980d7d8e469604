"""The web application: its routes, middleware and error responses."""

from __future__ import annotations

from collections.abc import Callable, Collection
from zoneinfo import ZoneInfo

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route

from monitor.model import Moment
from monitor.ruleset.query.compile import AliasNodes
from monitor.store.base import Store
from monitor.web import (
    alert_list,
    alert_pages,
    api,
    coverage_page,
    feedback,
    overview,
    search_page,
    silences,
    story_pages,
    views,
)
from monitor.web.answer_page import answer_endpoint
from monitor.web.endpoint import DEFAULT_MUTE_S, Site, health_endpoint, http_error_response, page_endpoint
from monitor.web.middleware import LOOPBACK_HOSTS, BasePathMiddleware, HostGuardMiddleware
from monitor.web.templates import style_sheet

PAGE_MODULES = (overview, alert_list, alert_pages, story_pages, search_page, coverage_page)
GET_ROUTES = {path: page for module in PAGE_MODULES for path, page in module.GET_ROUTES.items()} | {
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

POST_ROUTES = alert_list.POST_ROUTES | {
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
    aliases: Callable[[], AliasNodes] = dict,
) -> Starlette:
    """Return the application that serves the content of `store`, with times in `timezone`.

    Only requests whose Host is in `hosts` are answered (`middleware.accepted_hosts` reads them from a config); None
    accepts any. A "not news" answer mutes similar alerts for `memory` seconds. `base` is the path prefix of every
    link (`middleware.url_base_path`). `aliases` returns what `@name` in a search stands for.
    """
    site = Site(store, timezone, clock, memory, base, aliases)
    application = Starlette(
        routes=[
            *(Route(path, page_endpoint(site, page_function)) for path, page_function in GET_ROUTES.items()),
            *(
                Route(path, page_endpoint(site, page_function), methods=["POST"])
                for path, page_function in POST_ROUTES.items()
            ),
            Route("/answer/{token}", answer_endpoint(site), methods=["GET", "POST"]),
            Route("/health", health_endpoint(site)),
            Route("/style.css", style_sheet),
        ],
        middleware=[Middleware(HostGuardMiddleware, hosts=hosts), Middleware(BasePathMiddleware, base=base)],
        exception_handlers={HTTPException: http_error_response},
        lifespan=site.lifespan,
    )
    application.router.redirect_slashes = False  # a redirect would echo the Host header
    return application
