"""The HTML pages: alerts, one alert, one story, sources and deliveries."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from monitor.deliver.finding_context import MAX_NAME_CHARS
from monitor.deliver.sanitize import sanitize, shorten
from monitor.store import sources
from monitor.store.rule_state import load_rules_refusal
from monitor.web.endpoint import Site
from monitor.web.listings import DELIVERY_STATES, alert_detail, alert_listing, delivery_listing, story_detail
from monitor.web.page_context import (
    ALERT_PAGE_LIMITS,
    LISTED_ALERT_LIMITS,
    PageContext,
    alert_context,
    alert_summary_context,
    answer_context,
    delivery_context,
    refusal_context,
    silence_context,
    source_context,
    story_context,
)
from monitor.web.templates import html_response


def list_alerts(site: Site, request: Request) -> Response:
    """List the alerts, newest first."""
    listing = alert_listing(site.store, request)
    context = {
        "current_page": "alerts",
        "alerts": [alert_context(row, LISTED_ALERT_LIMITS, site.timezone) for row in listing.rows],
        "rule": shorten(sanitize(request.query_params.get("rule", "")), MAX_NAME_CHARS),
        "story": shorten(sanitize(request.query_params.get("story", "")), MAX_NAME_CHARS),
        "message": shorten(sanitize(request.query_params.get("message", "")), MAX_NAME_CHARS),
        "is_older_page": "before" in request.query_params,
        "older": listing.older,
    }
    return render_page(site, "alerts.html", context)


def show_alert(site: Site, request: Request) -> Response:
    """Show an alert with its deliveries, answer, silences and the other alerts of its story."""
    now = site.clock()
    detail = alert_detail(site.store, request, now)
    context = {
        "current_page": "alerts",
        "alert": alert_context(detail.row, ALERT_PAGE_LIMITS, site.timezone),
        "deliveries": [delivery_context(delivery, site.timezone, now) for delivery in detail.deliveries],
        "answer": detail.answer and answer_context(detail.answer, site.timezone),
        "active_silences": [silence_context(silence, site.timezone, now) for silence in detail.active_silences],
        "related_alerts": [
            alert_summary_context(row, answer, site.timezone) for row, answer in detail.related_alerts
        ],
    }
    return render_page(site, "alert.html", context)


def show_story(site: Site, request: Request) -> Response:
    """Show a story: its alerts, its sources and its figures over time."""
    now = site.clock()
    detail = story_detail(site.store, request, now)
    context = {
        "current_page": "alerts",
        "story": story_context(detail.summary, site.timezone),
        "story_alerts": [
            alert_summary_context(row, answer, site.timezone) for row, answer in detail.alerts_with_answers
        ],
        "active_silences": [silence_context(silence, site.timezone, now) for silence in detail.active_silences],
    }
    return render_page(site, "story.html", context)


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
    "/": list_alerts,
    "/alerts/{id}": show_alert,
    "/stories/{id}": show_story,
    "/sources": list_sources,
    "/deliveries": list_deliveries,
}
