"""The pages for people."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from monitor.deliver.safe import shorten, tame
from monitor.deliver.view import NAME
from monitor.store import sources
from monitor.store.refusal import refusal
from monitor.web.listing import STATES, alerts, deliveries, one_alert, one_story
from monitor.web.site import Site
from monitor.web.templates import page
from monitor.web.view import (
    BRIEF,
    WHOLE,
    Names,
    account_names,
    alert_names,
    answer_names,
    delivery_names,
    refusal_names,
    silence_names,
    source_names,
    told_names,
)


def list_alerts(site: Site, request: Request) -> Response:
    """The alerts, newest first."""
    found = alerts(site.store, request)
    names = {
        "here": "alerts",
        "alerts": [alert_names(row, BRIEF, site.timezone) for row in found.rows],
        "rule": shorten(tame(request.query_params.get("rule", "")), NAME),
        "story": shorten(tame(request.query_params.get("story", "")), NAME),
        "later": "before" in request.query_params,
        "older": found.older,
    }
    return told(site, "alerts.html", names)


def show_alert(site: Site, request: Request) -> Response:
    """Everything about one alert."""
    now = site.clock()
    found = one_alert(site.store, request, now)
    names = {
        "here": "alerts",
        "alert": alert_names(found.row, WHOLE, site.timezone),
        "deliveries": [delivery_names(one, site.timezone, now) for one in found.owed],
        "answer": found.answer and answer_names(found.answer, site.timezone),
        "silenced": [silence_names(one, site.timezone, now) for one in found.silenced],
        "others": [told_names(row, answer, site.timezone) for row, answer in found.others],
    }
    return told(site, "alert.html", names)


def show_story(site: Site, request: Request) -> Response:
    """One story: its alerts, who tells of it, and its figures over time."""
    now = site.clock()
    found = one_story(site.store, request, now)
    names = {
        "here": "alerts",
        "story": account_names(found.account, site.timezone),
        "told": [told_names(row, answer, site.timezone) for row, answer in found.told],
        "silenced": [silence_names(one, site.timezone, now) for one in found.silenced],
    }
    return told(site, "story.html", names)


def list_sources(site: Site, _request: Request) -> Response:
    """The sources, those in trouble first."""
    with site.store.read() as conn:
        rows = sources.rows(conn)
    now = site.clock()
    shown = [source_names(row, site.timezone, now) for row in rows]
    troubled = [one for one in shown if one["error"]]
    names = {
        "here": "sources",
        "sources": troubled + [one for one in shown if not one["error"]],
        "troubled": len(troubled),
    }
    return told(site, "sources.html", names)


def list_deliveries(site: Site, request: Request) -> Response:
    """What is owed to the channels, newest first."""
    found = deliveries(site.store, request)
    now = site.clock()
    names = {
        "here": "deliveries",
        "deliveries": [delivery_names(row, site.timezone, now) for row in found.rows],
        "states": STATES,
        "state": request.query_params.get("state", ""),
        "later": "before" in request.query_params,
        "older": found.older,
    }
    return told(site, "deliveries.html", names)


def told(site: Site, template: str, names: Names) -> Response:
    """The page, which says above all else that edited rules were refused."""
    with site.store.read() as conn:
        at, problems = refusal(conn)
    refused = refusal_names(at, problems, site.timezone, site.clock())
    return page(template, names | {"base": site.base, "refused": refused})
