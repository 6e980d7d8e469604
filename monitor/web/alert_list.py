"""The list of alerts: filters, full-text search, paging in both directions, and answers to several alerts at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from monitor.actions import record_feedback
from monitor.alerts.feedback import Feedback, FeedbackKind
from monitor.deliver.finding_context import MAX_NAME_CHARS
from monitor.deliver.sanitize import sanitize, shorten
from monitor.model import Severity
from monitor.store.feedback import feedback_by_alert
from monitor.store.reports.alert_filter import ANSWERED, AlertFilter, load_filtered_page, rules_with_alerts
from monitor.store.reports.alerts import AlertRow
from monitor.store.reports.coverage import configured_names
from monitor.store.story_summary import story_leads
from monitor.web.endpoint import Site
from monitor.web.forms import checked_names, kept_params
from monitor.web.page_context import LISTED_ALERT_LIMITS, PageContext, alert_context, answer_context
from monitor.web.params import (
    is_stored_id,
    page_url,
    parse_choice,
    parse_moment,
    parse_row_number,
    read_params,
)
from monitor.web.views import render_page

if TYPE_CHECKING:
    from sqlalchemy import Connection

ALERTS_PER_PAGE = 50
MAX_CHOICES = 300  # rules or sources in a menu; with more, people type the name
FILTER_PARAMS = ("q", "rule", "severity", "source", "story", "message", "answered", "since", "until")
PARAMS = (*FILTER_PARAMS, "before", "after", "select", "done")
ANSWER_LABELS = {"no": "Not answered", "yes": "Answered", "ack": "Seen", "not-news": "Not news"}
ANSWER_KINDS = {"ack": FeedbackKind.ACK, "not-news": FeedbackKind.NOT_NEWS}
CHECKBOX_PREFIX = "alert:"


def list_alerts(site: Site, request: Request) -> Response:
    """List the alerts that the filter selects, newest first."""
    params = read_params(request, PARAMS)
    wanted = parse_filter(site, params)
    before, after = parse_row_number(params, "before"), parse_row_number(params, "after")
    with site.store.read() as conn:
        rows = load_filtered_page(conn, wanted, limit=ALERTS_PER_PAGE + 1, before=before, after=after)
        has_more = len(rows) > ALERTS_PER_PAGE
        rows = rows[-ALERTS_PER_PAGE:] if after is not None else rows[:ALERTS_PER_PAGE]
        feedback = feedback_by_alert(conn, [row.alert.id for row in rows])
        menus = filter_menus(conn, params)
        lead = story_leads(conn, [wanted.story]).get(wanted.story, "") if wanted.story else ""
    kept = {name: params[name] for name in FILTER_PARAMS if name in params}
    context: PageContext = {
        "current_page": "alerts",
        "alerts": [listed_alert(site, row, feedback.get(row.alert.id)) for row in rows],
        "filter": {name: shorten(sanitize(params.get(name, "")), MAX_NAME_CHARS * 3) for name in FILTER_PARAMS},
        "story_lead": shorten(sanitize(lead), MAX_NAME_CHARS * 2),
        "is_filtered": bool(kept),
        "has_details": any(name not in ("q", "story", "message") for name in kept),
        "kept_query": page_url("", kept).removeprefix("?"),
        "all_selected": params.get("select") == "all",
        "done": parse_row_number(params, "done"),
        **menus,
        **pager_links(rows, kept, has_more=has_more, before=before, after=after),
        "select_all": page_url("/alerts", {**kept, "before": before, "after": after, "select": "all"}),
    }
    return render_page(site, "alerts.html", context)


def parse_filter(site: Site, params: Mapping[str, str]) -> AlertFilter:
    """Return the filter of a request. Raise HTTPException 400 if a parameter is invalid."""
    now = site.clock()
    return AlertFilter(
        rule=params.get("rule"),
        severity=parse_choice(params, "severity", [severity.value for severity in Severity]),
        source=params.get("source"),
        story=params.get("story"),
        message=params.get("message"),
        answered=parse_choice(params, "answered", ANSWERED),
        since=parse_moment(params, "since", now, site.timezone),
        until=parse_moment(params, "until", now, site.timezone, is_end=True),
        text=params.get("q"),
    )


def filter_menus(conn: Connection, params: Mapping[str, str]) -> PageContext:
    """Return the choices of the form; of rules and sources none if there are too many for a menu."""
    rules = rules_with_alerts(conn, MAX_CHOICES + 1)
    names = configured_names(conn, MAX_CHOICES + 1)
    return {
        "rule_choices": with_current(rules, params.get("rule")),
        "source_choices": with_current(names, params.get("source")),
        "severities": [severity.value for severity in reversed(Severity)],
        "answer_labels": ANSWER_LABELS,
    }


def with_current(names: list[str], current: str | None) -> list[tuple[str, str]]:
    """Return pairs of value and label, with the chosen one also if nothing has that name; none if there are many."""
    if len(names) > MAX_CHOICES:
        return []
    chosen = [current] if current and current not in names else []
    return [(name, shorten(sanitize(name), MAX_NAME_CHARS)) for name in (*chosen, *names)]


def listed_alert(site: Site, row: AlertRow, answer: Feedback | None) -> PageContext:
    return alert_context(row, LISTED_ALERT_LIMITS, site.timezone) | {
        "checkbox": CHECKBOX_PREFIX + row.alert.id,
        "answer": answer and answer_context(answer, site.timezone),
        "answer_kind": "" if answer is None else answer.kind.value,
    }


def pager_links(
    rows: list[AlertRow], kept: Mapping[str, str], *, has_more: bool, before: int | None, after: int | None
) -> PageContext:
    """Return the links to the newest, the newer and the older alerts, "" where there are none."""
    if not rows:
        return {"newest": page_url("/alerts", kept) if before or after else "", "newer": "", "older": ""}
    has_newer = before is not None if after is None else has_more
    has_older = has_more if after is None else True
    return {
        "newest": page_url("/alerts", kept) if has_newer else "",
        "newer": page_url("/alerts", {**kept, "after": rows[0].number}) if has_newer else "",
        "older": page_url("/alerts", {**kept, "before": rows[-1].number}) if has_older else "",
    }


def answer_alerts(site: Site, request: Request) -> Response:
    """Record one answer to each alert that is selected, and return to the list."""
    form: Mapping[str, str] = request.state.form
    kind = ANSWER_KINDS.get(form.get("answer", ""))
    if kind is None:
        raise HTTPException(400, "Choose an answer.")
    chosen = checked_names(form, CHECKBOX_PREFIX)
    if not chosen:
        raise HTTPException(400, "Select at least one alert.")
    answered = sum(answer_one(site, alert_id, kind) for alert_id in chosen[:ALERTS_PER_PAGE])
    kept = kept_params(form, FILTER_PARAMS)
    return RedirectResponse(site.base + page_url("/alerts", {**kept, "done": answered}), 303)


def answer_one(site: Site, alert_id: str, kind: FeedbackKind) -> bool:
    """Record an answer; return false if there is no such alert."""
    if not is_stored_id(alert_id):
        return False
    answer = Feedback(alert_id, kind, site.clock(), "web")
    return record_feedback(site.store, answer, site.memory) is not None


GET_ROUTES = {"/alerts": list_alerts}
POST_ROUTES = {"/alerts/answers": answer_alerts}
