"""The lists of sources and deliveries, and what every page has."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from monitor.store import sources
from monitor.store.rule_state import load_rules_refusal
from monitor.web.endpoint import Site
from monitor.web.listings import DELIVERY_STATES, delivery_listing
from monitor.web.page_context import (
    PageContext,
    delivery_context,
    refusal_context,
    source_context,
)
from monitor.web.templates import html_response


def list_sources(site: Site, _request: Request) -> Response:
    """List the sources, those with an error first."""
    with site.store.read() as conn:
        rows = sources.load_sources(conn)
    now = site.clock()
    source_contexts = [source_context(row, site.timezone, now) for row in rows]
    failing = [source for source in source_contexts if source["error"]]
    context = {
        "current_page": "sources",
        "sources": failing + [source for source in source_contexts if not source["error"]],
        "failing_count": len(failing),
    }
    return render_page(site, "sources.html", context)


def list_deliveries(site: Site, request: Request) -> Response:
    """List the deliveries, newest first."""
    listing = delivery_listing(site.store, request)
    now = site.clock()
    context = {
        "current_page": "deliveries",
        "deliveries": [delivery_context(row, site.timezone, now) for row in listing.rows],
        "states": DELIVERY_STATES,
        "state": request.query_params.get("state", ""),
        "is_older_page": "before" in request.query_params,
        "older": listing.older,
    }
    return render_page(site, "deliveries.html", context)


def render_page(site: Site, template: str, context: PageContext) -> Response:
    """Render a page, with a banner on top if the rules on disk were rejected."""
    with site.store.read() as conn:
        refused_at, problems = load_rules_refusal(conn)
    rule_refusal = refusal_context(refused_at, problems, site.timezone, site.clock())
    return html_response(template, context | {"base": site.base, "rule_refusal": rule_refusal})


GET_ROUTES = {
    "/sources": list_sources,
    "/deliveries": list_deliveries,
}
