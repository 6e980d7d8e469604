"""The page of one alert: what changed, who reported it, its figures over time, why it fired, and its deliveries."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from monitor.deliver.finding_context import MAX_NAME_CHARS, MAX_SHOWN_REASON_CHARS, MIN_CHART_POINTS, history_context
from monitor.deliver.sanitize import sanitize, shorten
from monitor.model import Alert, AlertFinding, Reason
from monitor.store.reports.alert_filter import neighbors
from monitor.store.reports.explain import AlertDecision, alert_decisions
from monitor.store.story_summary import load_story_summary
from monitor.web.charts import line_chart
from monitor.web.delivery_list import DONE
from monitor.web.done import DONE_PARAMS, done_notice
from monitor.web.endpoint import Site
from monitor.web.listings import alert_detail
from monitor.web.page_context import (
    ALERT_PAGE_LIMITS,
    PageContext,
    alert_context,
    alert_summary_context,
    answer_context,
    delivery_context,
    silence_context,
    story_context,
)
from monitor.web.params import read_params
from monitor.web.views import render_page

MAX_TIMELINE_FINDINGS = 400  # of the story, for the timeline: the page must not wait for a story of years
ALERT_DONE = DONE | {
    "seen": ("Recorded: you have seen this alert, and it was news.", ""),
    "not-news": ("Recorded: this alert was not news. Similar claims raise no alert of its rule.", ""),
}
REASON_TEXTS = {
    Reason.SENT: "sent at once",
    Reason.THROTTLED: "held by the throttle, then sent",
    Reason.AWAITING_CORROBORATION: "held until another source confirmed it",
    Reason.DIGEST: "kept for the digest",
    Reason.QUIET_HOURS: "kept until the quiet hours ended",
    Reason.FLOOD: "combined with other alerts",
    Reason.SILENCED: "silenced",
    Reason.MUTED: "muted until the facts change",
    Reason.NOT_NEWS: "similar to an alert that was answered with “not news”",
    Reason.BELOW_SEVERITY: "below the severity of every channel",
}


def show_alert(site: Site, request: Request) -> Response:
    """Show an alert with all that is known about it."""
    params = read_params(request, DONE_PARAMS)
    now = site.clock()
    detail = alert_detail(site.store, request, now)
    alert = detail.row.alert
    with site.store.read() as conn:
        newer, older = neighbors(conn, detail.row.number)
        decisions = alert_decisions(conn, alert.id)
        summary = load_story_summary(conn, alert.story, MAX_TIMELINE_FINDINGS) if alert.findings else None
    shown = alert_context(detail.row, ALERT_PAGE_LIMITS, site.timezone)
    context: PageContext = {
        "current_page": "alerts",
        "alert": shown | {"findings": with_charts(alert, shown["findings"], site.timezone)},
        "notice": done_notice(params, ALERT_DONE),
        "newer": newer,
        "older": older,
        "matched": matched_words(alert),
        "decisions": [decision_context(decision, alert) for decision in decisions],
        "story": story_context(summary, site.timezone) if summary else None,
        "deliveries": [delivery_context(delivery, site.timezone, now) for delivery in detail.deliveries],
        "answer": detail.answer and answer_context(detail.answer, site.timezone),
        "active_silences": [silence_context(silence, site.timezone, now) for silence in detail.active_silences],
        "related_alerts": [
            alert_summary_context(row, answer, site.timezone) for row, answer in detail.related_alerts
        ],
    }
    return render_page(site, "alert.html", context)


def with_charts(alert: Alert, shown: list[PageContext], timezone: ZoneInfo) -> list[PageContext]:
    """Add the chart of the figure to each finding that has one."""
    return [
        context | {"chart": finding_chart(finding, timezone)}
        for context, finding in zip(shown, alert.findings, strict=False)
    ]


def finding_chart(finding: AlertFinding, timezone: ZoneInfo) -> PageContext | None:
    """Return the chart of a finding's figure, None if it has too few values."""
    if len(finding.history) < MIN_CHART_POINTS:
        return None
    return line_chart(finding.history, history_context(finding.history, timezone))


def matched_words(alert: Alert) -> list[str]:
    """Return the distinct words that matched the rule."""
    words = dict.fromkeys(word for finding in alert.findings for word in finding.matched)
    return [shorten(sanitize(word), MAX_NAME_CHARS) for word in words]


def decision_context(decision: AlertDecision, alert: Alert) -> PageContext:
    """A decision about a match of the alert, in words; its detail only if the alert does not say the same."""
    detail = "" if decision.detail == alert.reason else decision.detail
    return {
        "number": decision.update_id,
        "outcome": REASON_TEXTS.get(decision.reason, decision.reason.value),
        "detail": shorten(sanitize(detail), MAX_SHOWN_REASON_CHARS),
    }


GET_ROUTES = {"/alerts/{id}": show_alert}
