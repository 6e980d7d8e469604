"""The JSON API: the content of the pages, for programs. Times are ISO 8601 in UTC."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from monitor.listings import delivery_json, iso_seconds, notice_json, silence_json, status_json, story_summary_json
from monitor.serialize import alert_to_json
from monitor.sources.state import SourceState
from monitor.store import silences, sources
from monitor.store.reports.alerts import AlertRow
from monitor.store.reports.status import load_status
from monitor.web.endpoint import Site
from monitor.web.listings import alert_detail, alert_listing, delivery_listing, story_detail
from monitor.web.page_context import public_url


def list_alerts(site: Site, request: Request) -> Response:
    """`{"alerts": […], "older": URL or null}`, newest first."""
    listing = alert_listing(site.store, request)
    return json_response({"alerts": [alert_json(row) for row in listing.rows], "older": listing.older or None})


def show_alert(site: Site, request: Request) -> Response:
    """One alert with its deliveries, its answer and the silences that cover it."""
    now = site.clock()
    detail = alert_detail(site.store, request, now)
    return json_response(
        {
            **alert_json(detail.row),
            "deliveries": [delivery_json(delivery, now) for delivery in detail.deliveries],
            "answer": detail.answer and detail.answer.kind,
            "silenced": [silence_json(silence, now) for silence in detail.active_silences],
        }
    )


def show_story(site: Site, request: Request) -> Response:
    """One story, in the format of `monitor story --json`."""
    detail = story_detail(site.store, request, site.clock())
    return json_response(story_summary_json(detail.summary, detail.alerts_with_answers))


def list_deliveries(site: Site, request: Request) -> Response:
    """`{"deliveries": […], "older": URL or null}`, newest first."""
    listing = delivery_listing(site.store, request)
    now = site.clock()
    deliveries = [delivery_json(row, now) for row in listing.rows]
    return json_response({"deliveries": deliveries, "older": listing.older or None})


def list_silences(site: Site, _request: Request) -> Response:
    """The silences, newest first, in the format of `monitor silence --json`."""
    now = site.clock()
    with site.store.read() as conn:
        rows = silences.all_silences(conn)
    return json_response([silence_json(row, now) for row in rows])


def list_sources(site: Site, _request: Request) -> Response:
    """The configured sources by name, in the format of `monitor sources --json`."""
    with site.store.read() as conn:
        rows = sources.load_sources(conn)
    return json_response([source_json(row) for row in rows])


def show_status(site: Site, _request: Request) -> Response:
    """Counts and times, in the format of `monitor status --json`."""
    with site.store.read() as conn:
        report = load_status(conn, site.clock())
    return json_response(status_json(report))


def json_response(value: Any) -> Response:
    """Return a JSON response that browsers must not cache."""
    return JSONResponse(value, headers={"cache-control": "no-store"})


def alert_json(row: AlertRow) -> dict[str, Any]:
    """The webhook's `data`, plus the number that `?before=` takes and the update that caused the alert."""
    return {"number": row.number, "update": row.update_id, **alert_to_json(row.alert)}


def source_json(row: SourceState) -> dict[str, Any]:
    """A source as in `monitor sources --json`, its URL without secrets."""
    return {
        "name": row.name,
        "url": public_url(row.url),
        "kind": row.kind,
        "state": row.state,
        "entries": row.entries,
        "error": row.error,
        "last_good": iso_seconds(row.last_good),
        "next_poll": iso_seconds(row.next_poll),
        "notices": [notice_json(notice) for notice in row.notices],
    }


GET_ROUTES = {
    "/api/alerts": list_alerts,
    "/api/alerts/{id}": show_alert,
    "/api/stories/{id}": show_story,
    "/api/sources": list_sources,
    "/api/deliveries": list_deliveries,
    "/api/silences": list_silences,
    "/api/status": show_status,
}
