"""The page that asks what to silence, the button that does it, and the list of silences.

Looking changes nothing: a silence is only ever made or ended by the form of one of these pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from monitor.actions import create_silence
from monitor.alerts.silences import Silence, SilenceMode
from monitor.deliver.sanitize import sanitize, shorten
from monitor.deliver.template_context import MAX_TITLE_CHARS
from monitor.errors import UnreadableMessage
from monitor.model import Alert, Moment
from monitor.store import outbox, silences, story_summary
from monitor.store.reports.alerts import AlertCount, find_alert, load_alert_page, recent_alert_counts
from monitor.units import DAY, parse_duration
from monitor.web.endpoint import Site
from monitor.web.middleware import is_own_page
from monitor.web.page_context import silence_context
from monitor.web.silence_options import SilenceOption, silence_options
from monitor.web.views import render_page

if TYPE_CHECKING:
    from sqlalchemy import Connection

RECENT_ALERTS_S = 7 * DAY
MAX_LISTED_SILENCES = 200  # silences on the page
MAX_OPTION_ALERTS = 50  # of a story's alerts
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


def silence_form(site: Site, request: Request) -> Response:
    """What could be silenced of what was told, for how long, and why."""
    options = options_for_request(site, request)
    now = site.clock()
    with site.store.read() as conn:
        recent = recent_alert_counts(conn, now - RECENT_ALERTS_S)
        active_silences = silences.load_active_silences(conn, now)
    matching = [item for item in active_silences if any(is_same_target(item, option) for option in options)]
    context = {
        "here": "silences",
        "path": f"/{request.path_params['kind']}/{request.path_params['id']}",
        "offers": [
            {
                "key": item.form_value,
                "kind": item.kind,
                "said": item.label,
                "count": count_matching_alerts(recent, item),
            }
            for item in options
        ],
        "lengths": DURATION_LABELS,
        "usual": DEFAULT_DURATION,
        "longest": MAX_REASON_CHARS,
        "standing": [silence_context(item, site.timezone, now) for item in matching],
    }
    return render_page(site, "silence.html", context)


def submit_silence(site: Site, request: Request) -> Response:
    """Makes the silence that the form asks for, and shows it among the others."""
    if not is_own_page(request.headers):
        raise HTTPException(403)
    draft = parse_silence_form(options_for_request(site, request), request.state.form, site.clock())
    create_silence(site.store, draft)
    return RedirectResponse(f"{site.base}/silences", 303)


def submit_silence_end(site: Site, request: Request) -> Response:
    """Ends a silence now, if it lives."""
    if not is_own_page(request.headers):
        raise HTTPException(403)
    with site.store.write() as conn:
        silences.end_silence(conn, request.path_params["id"], site.clock())
    return RedirectResponse(f"{site.base}/silences", 303)


def list_silences(site: Site, _request: Request) -> Response:
    """The silences, those that live first, newest first."""
    now = site.clock()
    with site.store.read() as conn:
        rows = silences.all_silences(conn)
        ranked = sorted(rows, key=lambda row: row.until <= now)[:MAX_LISTED_SILENCES]
        leads = story_summary.story_leads(conn, [row.story for row in ranked if row.story])
    context = {
        "here": "silences",
        "silences": [silence_context(row, site.timezone, now, leads) for row in ranked],
        "more": len(rows) - len(ranked),
    }
    return render_page(site, "silences.html", context)


def parse_silence_form(options: Sequence[SilenceOption], form: Mapping[str, str], now: Moment) -> Silence:
    """The silence that a form asks for. HTTPException with a sentence if it cannot be meant."""
    option = next((candidate for candidate in options if candidate.form_value == form.get("what")), None)
    if option is None:
        raise HTTPException(400, "Say what to silence.")
    if form.get("for") not in DURATION_LABELS:
        raise HTTPException(400, "Say for how long.")
    reason = " ".join(form.get("reason", "").split())
    if not 0 < len(reason) <= MAX_REASON_CHARS:
        raise HTTPException(
            400, f"Say why, in at most {MAX_REASON_CHARS} characters: it is kept with all that is silenced."
        )
    return Silence(
        0,
        reason,
        now,
        now + parse_duration(form["for"]),
        rule=option.rule,
        source=option.source,
        story=option.story,
        by="web",
        mode=SilenceMode.UNTIL_FACTS_CHANGE if "facts" in form else SilenceMode.ALL,
    )


def options_for_request(site: Site, request: Request) -> tuple[SilenceOption, ...]:
    """What can be silenced of the alert, story or message that the address names. HTTPException if there is none."""
    kind, target_id = request.path_params["kind"], request.path_params["id"]
    if kind not in ALERT_LOADERS or not re.fullmatch(r"[A-Za-z0-9-]{1,100}", target_id):
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
    """The alert of this id."""
    row = find_alert(conn, alert_id)
    return [row.alert] if row else []


def load_story_alerts(conn: Connection, story_id: str) -> Sequence[Alert]:
    """The story's alerts, newest first."""
    return [row.alert for row in load_alert_page(conn, limit=MAX_OPTION_ALERTS, story=story_id)]


def load_message_alerts(conn: Connection, message_id: str) -> Sequence[Alert]:
    """What the message carries."""
    try:
        return outbox.load_alerts(conn, message_id)
    except UnreadableMessage:
        return []


ALERT_LOADERS: Mapping[str, Callable[[Connection, str], Sequence[Alert]]] = {
    "alerts": load_alert,
    "stories": load_story_alerts,
    "messages": load_message_alerts,
}


def count_matching_alerts(recent: Sequence[AlertCount], option: SilenceOption) -> int:
    """How many of these alerts fit an offer."""
    return sum(
        alert_group.count
        for alert_group in recent
        if option.story in (None, alert_group.story)
        and option.rule in (None, alert_group.rule)
        and option.source in (None, alert_group.source)
    )


def is_same_target(silence: Silence, option: SilenceOption) -> bool:
    """Does a silence name the very same?"""
    scope = (silence.story, silence.rule, silence.source)
    return (
        silence.match is None
        and silence.mode is not SilenceMode.NOT_NEWS
        and scope == (option.story, option.rule, option.source)
    )
