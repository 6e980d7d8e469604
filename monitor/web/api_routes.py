"""All operations of the API, and its routes."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from monitor.web import (
    api_alerts,
    api_deliveries,
    api_rules,
    api_search,
    api_silences,
    api_sources,
    api_status,
    api_stories,
)
from monitor.web.api_openapi import openapi_document
from monitor.web.api_operation import API_PATH, Operation, api_routes
from monitor.web.endpoint import Site

OPERATIONS: tuple[Operation, ...] = (
    *api_alerts.OPERATIONS,
    *api_stories.OPERATIONS,
    *api_sources.OPERATIONS,
    *api_rules.OPERATIONS,
    *api_deliveries.OPERATIONS,
    *api_silences.OPERATIONS,
    *api_search.OPERATIONS,
    *api_status.OPERATIONS,
)
OPENAPI_PATH = f"{API_PATH}/openapi.json"


def routes_of_api(site: Site) -> list[Route]:
    """Return the routes of all operations and of the OpenAPI document."""

    async def show_openapi(_request: Request) -> Response:
        return JSONResponse(openapi_document(OPERATIONS, site.base))

    return [*api_routes(site, OPERATIONS), Route(OPENAPI_PATH, show_openapi)]
