"""The list of deliveries by state and channel, and the button that retries those selected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from monitor.actions import retry_deliveries
from monitor.deliver.sanitize import sanitize
from monitor.store.reports.deliveries import channel_names, load_delivery_page
from monitor.web.alert_list import with_current
from monitor.web.done import DONE_PARAMS, done_notice, done_redirect
from monitor.web.endpoint import Site
from monitor.web.forms import checked_names, kept_params
from monitor.web.page_context import DELIVERY_CHECKBOX, PageContext, delivery_context
from monitor.web.params import ROW_NUMBER, is_stored_id, page_url, parse_choice, parse_row_number, read_params
from monitor.web.views import render_page

if TYPE_CHECKING:
    from sqlalchemy import Connection

DELIVERIES_PER_PAGE = 50
STATES = ("pending", "retrying", "sent", "dead")
FILTER_PARAMS = ("state", "channel")
KEPT_PARAMS = (*FILTER_PARAMS, "before")
PARAMS = (*KEPT_PARAMS, "select", *DONE_PARAMS)
DONE = {"retry": ("The message is sent again now.", "{count} messages are sent again now.")}


def list_deliveries(site: Site, request: Request) -> Response:
    """List the deliveries that the filter selects, newest first."""
    params = read_params(request, PARAMS)
    state, channel = parse_choice(params, "state", STATES), params.get("channel")
    before = parse_row_number(params, "before")
    now = site.clock()
    with site.store.read() as conn:
        rows = load_delivery_page(
            conn,
            limit=DELIVERIES_PER_PAGE + 1,
            before=before,
            states=None if state is None else [state],
            channel=channel,
        )
        choices = channel_choices(site, conn, channel)
    page = rows[:DELIVERIES_PER_PAGE]
    filter_query = {name: params[name] for name in FILTER_PARAMS if name in params}
    kept = {name: params[name] for name in KEPT_PARAMS if name in params}
    older = page_url("/deliveries", {**filter_query, "before": page[-1].id}) if rows[DELIVERIES_PER_PAGE:] else ""
    context: PageContext = {
        "current_page": "deliveries",
        "deliveries": [delivery_context(row, site.timezone, now) for row in page],
        "tabs": [(tab, page_url("/deliveries", {**filter_query, "state": tab})) for tab in ("", *STATES)],
        "state": state or "",
        "channel": channel or "",
        "channel_label": sanitize(channel or ""),
        "channel_choices": choices,
        "newest": page_url("/deliveries", filter_query) if before is not None else "",
        "older": older,
        "kept_query": page_url("", kept).removeprefix("?"),
        "notice": done_notice(params, DONE),
        "all_selected": params.get("select") == "all",
        "select_all": page_url("/deliveries", {**kept, "select": "all"}),
    }
    return render_page(site, "deliveries.html", context)


def channel_choices(site: Site, conn: Connection, current: str | None) -> list[tuple[str, str]]:
    """Return the channels of the config and those that messages were sent to, as pairs of value and label."""
    configured = site.config().channels if site.config else {}
    return with_current(sorted({*configured, *channel_names(conn)}), current)


def retry_selected(site: Site, request: Request) -> Response:
    """Send the selected messages again now: one of a button, or those of the boxes. Return to the page."""
    form: Mapping[str, str] = request.state.form
    only = form.get("only")
    chosen = [only] if only else checked_names(form, DELIVERY_CHECKBOX)
    ids = [int(text) for text in chosen if ROW_NUMBER.fullmatch(text)]
    if not ids:
        raise HTTPException(400, "Select at least one delivery.")
    retried = retry_deliveries(site.store, ids[:DELIVERIES_PER_PAGE], site.clock())
    if not retried:
        raise HTTPException(409, "Only deliveries that are dead or wait for their next try can be retried.")
    if is_stored_id(form.get("alert", "")):
        return done_redirect(site, f"/alerts/{form['alert']}", "retry", retried)
    return done_redirect(site, "/deliveries", "retry", retried, kept_params(form, KEPT_PARAMS))


GET_ROUTES = {"/deliveries": list_deliveries}
POST_ROUTES = {"/deliveries/retry": retry_selected}
