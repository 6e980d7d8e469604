"""The form that creates a silence, the list of silences, and the button that ends one.

GET requests change nothing: silences are created and ended only by POST from one of these pages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from monitor.actions import create_silence
from monitor.alerts.silences import Silence, SilenceMode
from monitor.deliver.finding_context import MAX_TITLE_CHARS
from monitor.deliver.sanitize import sanitize, shorten
from monitor.errors import UnreadableMessage
from monitor.model import Alert, Moment
from monitor.store import outbox, silences, story_summary
from monitor.store.reports.alert_filter import AlertFilter, count_filtered
from monitor.store.reports.alerts import find_alert, load_alert_page
from monitor.units import DAY, parse_duration
from monitor.web.done import DONE_PARAMS, done_notice, done_redirect
from monitor.web.endpoint import Site
from monitor.web.page_context import silence_context
from monitor.web.params import is_stored_id, read_params
from monitor.web.silence_options import SilenceOption, silence_options
from monitor.web.views import render_page
from monitor.web.visitor import current_visitor

if TYPE_CHECKING:
    from sqlalchemy import Connection

RECENT_ALERTS_S = 7 * DAY
MAX_COUNTED = 20_000  # alerts: a page must not wait for the count of an alert storm
MAX_LISTED_SILENCES = 200
MAX_OPTION_ALERTS = 50  # of a story, from which the options are made
DURATION_LABELS = {
    "1h": "an hour",
    "8h": "8 hours",
    "1d": "a day",
    "7d": "a week",
    "30d": "30 days",
    "90d": "90 days",
}
DEFAULT_DURATION = "1d"
MAX_REASON_CHARS = 500
DONE = {
    "created": ("The silence is active.", ""),
    "ended": ("The silence has ended: alerts are sent again.", ""),
    "had-ended": ("This silence had ended already.", ""),
}


def silence_form(site: Site, request: Request) -> Response:
    """Show the form for a new silence of an alert, story or message."""
    read_params(request, ())
    options = options_for_request(site, request)
    now = site.clock()
    with site.store.read() as conn:
        counts = [count_silenced(conn, option, now) for option in options]
        active_silences = silences.load_active_silences(conn, now)
    matching = [silence for silence in active_silences if any(is_same_target(silence, option) for option in options)]
    context = {
        "current_page": "silences",
        "path": f"/{request.path_params['kind']}/{request.path_params['id']}",
        "options": [
            {
                "form_value": option.form_value,
                "kind": option.kind,
                "label": option.label,
                "count": count,
            }
            for option, count in zip(options, counts, strict=True)
        ],
        "durations": DURATION_LABELS,
        "default_duration": DEFAULT_DURATION,
        "max_reason_chars": MAX_REASON_CHARS,
        "active_silences": [silence_context(silence, site.timezone, now) for silence in matching],
    }
    return render_page(site, "silence.html", context)


def submit_silence(site: Site, request: Request) -> Response:
    """Create the silence described by the form, and redirect to the list."""
    draft = parse_silence_form(options_for_request(site, request), request.state.form, site.clock())
    create_silence(site.store, draft)
    return done_redirect(site, "/silences", "created")


def submit_silence_end(site: Site, request: Request) -> Response:
    """End a silence now if it is active, and redirect to the list."""
    with site.store.write() as conn:
        has_ended = silences.end_silence(conn, request.path_params["id"], site.clock())
    return done_redirect(site, "/silences", "ended" if has_ended else "had-ended")


def list_silences(site: Site, request: Request) -> Response:
    """List the silences, active ones first, then newest first."""
    params = read_params(request, DONE_PARAMS)
    now = site.clock()
    with site.store.read() as conn:
        rows = silences.all_silences(conn)
        ranked = sorted(rows, key=lambda row: row.until <= now)[:MAX_LISTED_SILENCES]
        leads = story_summary.story_leads(conn, [row.story for row in ranked if row.story])
    context = {
        "current_page": "silences",
        "silences": [silence_context(row, site.timezone, now, leads) for row in ranked],
        "hidden_count": len(rows) - len(ranked),
        "notice": done_notice(params, DONE),
    }
    return render_page(site, "silences.html", context)


def parse_silence_form(options: Sequence[SilenceOption], form: Mapping[str, str], now: Moment) -> Silence:
    """Return the silence described by a form. Raise HTTPException 400 if a field is missing or invalid."""
    option = next((candidate for candidate in options if candidate.form_value == form.get("what")), None)
    if option is None:
        raise HTTPException(400, "Choose what to silence.")
    if fault := detail_fault(form):
        raise HTTPException(400, fault)
    return replace(draft_silence(form, now), rule=option.rule, source=option.source, story=option.story)


def detail_fault(form: Mapping[str, str]) -> str:
    """Return what is wrong with the duration or the reason, "" if nothing is."""
    if form.get("for") not in DURATION_LABELS:
        return "Choose a duration."
    if not 0 < len(entered_reason(form)) <= MAX_REASON_CHARS:
        return f"Enter a reason of at most {MAX_REASON_CHARS} characters."
    return ""


def draft_silence(form: Mapping[str, str], now: Moment) -> Silence:
    """Return a silence with the duration, the reason and the mode of a form, for all alerts."""
    duration = form["for"] if form.get("for") in DURATION_LABELS else DEFAULT_DURATION
    return Silence(
        0,
        entered_reason(form),
        now,
        now + parse_duration(duration),
        by=current_visitor().author,
        mode=SilenceMode.UNTIL_FACTS_CHANGE if "facts" in form else SilenceMode.ALL,
    )


def entered_reason(form: Mapping[str, str]) -> str:
    return " ".join(form.get("reason", "").split())


def options_for_request(site: Site, request: Request) -> tuple[SilenceOption, ...]:
    """Return the options for the alert, story or message in the path. Raise HTTPException 404 if there are none."""
    kind, target_id = request.path_params["kind"], request.path_params["id"]
    if kind not in ALERT_LOADERS or not is_stored_id(target_id):
        raise HTTPException(404)
    with site.store.read() as conn:
        options = silence_options(ALERT_LOADERS[kind](conn, target_id))
        lead = story_summary.story_leads(conn, [target_id]).get(target_id) if kind == "stories" else None
    if lead is not None:
        options = (
            SilenceOption(shorten(sanitize(lead), MAX_TITLE_CHARS), story=target_id),
            *(option for option in options if option.story is None),
        )
    if not options:
        raise HTTPException(404)
    return options


def load_alert(conn: Connection, alert_id: str) -> Sequence[Alert]:
    row = find_alert(conn, alert_id)
    return [row.alert] if row else []


def load_story_alerts(conn: Connection, story_id: str) -> Sequence[Alert]:
    """Return a story's alerts, newest first."""
    return [row.alert for row in load_alert_page(conn, limit=MAX_OPTION_ALERTS, story=story_id)]


def load_message_alerts(conn: Connection, message_id: str) -> Sequence[Alert]:
    """Return the alerts in a message; none if it cannot be read."""
    try:
        return outbox.load_alerts(conn, message_id)
    except UnreadableMessage:
        return []


ALERT_LOADERS: Mapping[str, Callable[[Connection, str], Sequence[Alert]]] = {
    "alerts": load_alert,
    "stories": load_story_alerts,
    "messages": load_message_alerts,
}


def count_silenced(conn: Connection, option: SilenceOption, now: Moment) -> int:
    """Return how many recent alerts an option covers, up to MAX_COUNTED."""
    wanted = AlertFilter(rule=option.rule, source=option.source, story=option.story, since=now - RECENT_ALERTS_S)
    return count_filtered(conn, wanted, MAX_COUNTED)


def is_same_target(silence: Silence, option: SilenceOption) -> bool:
    """Return whether a silence has the scope of the option, and no other condition."""
    scope = (silence.story, silence.rule, silence.source)
    return (
        silence.match is None
        and silence.mode is not SilenceMode.NOT_NEWS
        and scope == (option.story, option.rule, option.source)
    )


GET_ROUTES = {"/silences": list_silences, "/{kind}/{id}/silence": silence_form}
POST_ROUTES = {"/{kind}/{id}/silence": submit_silence, "/silences/{id:int}/end": submit_silence_end}
