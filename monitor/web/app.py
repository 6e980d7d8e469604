"""The web application: its routes, middleware and error responses."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route

from monitor.web import (
    alert_list,
    alert_pages,
    coverage_page,
    delivery_list,
    feed,
    feedback,
    login,
    overview,
    rule_pages,
    rule_tryout,
    search_page,
    silence_new,
    silences,
    source_add,
    source_list,
    source_page,
    story_pages,
)
from monitor.web.answer_page import answer_endpoint
from monitor.web.api_routes import routes_of_api
from monitor.web.endpoint import PageFunction, Site, http_error_response, page_endpoint
from monitor.web.guard import AccessMiddleware
from monitor.web.health import health_endpoint
from monitor.web.metrics import metrics_endpoint
from monitor.web.middleware import AcceptedHosts, BasePathMiddleware, HostGuardMiddleware
from monitor.web.templates import style_sheet

LOOPBACK_ONLY = AcceptedHosts()
GET_ROUTES: dict[str, PageFunction] = {
    **overview.GET_ROUTES,
    **alert_list.GET_ROUTES,
    **alert_pages.GET_ROUTES,
    **story_pages.GET_ROUTES,
    **search_page.GET_ROUTES,
    **coverage_page.GET_ROUTES,
    **source_list.GET_ROUTES,
    **source_page.GET_ROUTES,
    **source_add.GET_ROUTES,
    **delivery_list.GET_ROUTES,
    **rule_tryout.GET_ROUTES,
    **rule_pages.GET_ROUTES,
    **silences.GET_ROUTES,
    **silence_new.GET_ROUTES,
    **login.GET_ROUTES,
    **feed.GET_ROUTES,
}
POST_ROUTES: dict[str, PageFunction] = {
    **alert_list.POST_ROUTES,
    **feedback.POST_ROUTES,
    **source_list.POST_ROUTES,
    **source_add.POST_ROUTES,
    **delivery_list.POST_ROUTES,
    **silences.POST_ROUTES,
    **silence_new.POST_ROUTES,
    **login.POST_ROUTES,
}
ASYNC_POST_ROUTES = source_add.ASYNC_POST_ROUTES  # that wait for other sites


def create_app(site: Site, hosts: AcceptedHosts = LOOPBACK_ONLY) -> Starlette:
    """Return the application that serves a site. Only requests whose Host is in `hosts` are answered."""
    tryout = rule_tryout.tryout_endpoint(site)
    application = Starlette(
        routes=[
            *(Route(path, page_endpoint(site, page_function)) for path, page_function in GET_ROUTES.items()),
            *(
                Route(path, page_endpoint(site, page_function), methods=["POST"])
                for path, page_function in POST_ROUTES.items()
            ),
            *(Route(path, tryout, methods=["POST"]) for path in rule_tryout.GET_ROUTES),
            *routes_of_api(site),
            *(Route(path, endpoint(site), methods=["POST"]) for path, endpoint in ASYNC_POST_ROUTES.items()),
            Route("/answer/{token}", answer_endpoint(site), methods=["GET", "POST"]),
            Route("/health", health_endpoint(site.health)),
            Route("/metrics", metrics_endpoint(site)),
            Route("/style.css", style_sheet),
        ],
        middleware=[
            Middleware(HostGuardMiddleware, hosts=hosts),
            Middleware(BasePathMiddleware, base=site.base),
            Middleware(AccessMiddleware, access=site.access, clock=site.clock, base=site.base),
        ],
        exception_handlers={HTTPException: http_error_response},
        lifespan=site.lifespan,
    )
    application.router.redirect_slashes = False  # a redirect would echo the Host header
    return application
