"""The same as the pages show, as JSON for programs. Times are ISO 8601 in UTC."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from monitor.deliver.payload import alert_data
from monitor.listed import account_json, delivery_json, iso, notice_json, silence_json, status_json
from monitor.store import reports, silences, sources
from monitor.store.reports import AlertRow
from monitor.store.sources import SourceRow
from monitor.web.listing import alerts, deliveries, one_alert, one_story
from monitor.web.site import Site
from monitor.web.view import public


def list_alerts(site: Site, request: Request) -> Response:
    """`{"alerts": […], "older": address or null}`, newest first."""
    found = alerts(site.store, request)
    return answer({"alerts": [alert(row) for row in found.rows], "older": found.older or None})


def show_alert(site: Site, request: Request) -> Response:
    """One alert with its deliveries."""
    now = site.clock()
    found = one_alert(site.store, request, now)
    return answer(
        {
            **alert(found.row),
            "deliveries": [delivery_json(one, now) for one in found.owed],
            "answer": found.answer and found.answer.said,
            "silenced": [silence_json(one, now) for one in found.silenced],
        }
    )


def show_story(site: Site, request: Request) -> Response:
    """One story, in the shape of `monitor story --json`."""
    found = one_story(site.store, request, site.clock())
    return answer(account_json(found.account, found.told))


def list_deliveries(site: Site, request: Request) -> Response:
    """`{"deliveries": […], "older": address or null}`, newest first."""
    found = deliveries(site.store, request)
    now = site.clock()
    return answer({"deliveries": [delivery_json(row, now) for row in found.rows], "older": found.older or None})


def list_silences(site: Site, _request: Request) -> Response:
    """The silences, newest first, in the shape of `monitor silence --json`."""
    now = site.clock()
    with site.store.read() as conn:
        rows = silences.every(conn)
    return answer([silence_json(row, now) for row in rows])


def list_sources(site: Site, _request: Request) -> Response:
    """The configured sources by name, in the shape of `monitor sources --json`."""
    with site.store.read() as conn:
        rows = sources.rows(conn)
    return answer([source(row) for row in rows])


def show_status(site: Site, _request: Request) -> Response:
    """How things stand, in the shape of `monitor status --json`."""
    with site.store.read() as conn:
        found = reports.status(conn, site.clock())
    return answer(status_json(found))


def answer(value: Any) -> Response:
    """JSON that no cache keeps."""
    return JSONResponse(value, headers={"cache-control": "no-store"})


def alert(row: AlertRow) -> dict[str, Any]:
    """The webhook's `data`, with the number that listings are paged by and the update that caused it."""
    return {"number": row.number, "update": row.update, **alert_data(row.alert)}


def source(row: SourceRow) -> dict[str, Any]:
    """The contract's object, but for what may be secret in the address."""
    return {
        "name": row.name,
        "url": public(row.url),
        "kind": row.kind,
        "state": row.state,
        "entries": row.entries,
        "error": row.error,
        "last_good": iso(row.last_good),
        "next_poll": iso(row.next_poll),
        "notices": [notice_json(notice) for notice in row.notices],
    }
