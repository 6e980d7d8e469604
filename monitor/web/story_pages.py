"""The page of one story: its best current sentence, who reported it first, its alerts, and its figures over time."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from monitor.alerts.story_summary import StorySummary
from monitor.deliver.finding_context import MAX_NAME_CHARS, MAX_TITLE_CHARS, history_context
from monitor.deliver.headline import alert_headline
from monitor.deliver.sanitize import sanitize, shorten
from monitor.store.reports.alerts import AlertRow
from monitor.web.charts import line_chart
from monitor.web.endpoint import Site
from monitor.web.listings import story_detail
from monitor.web.page_context import (
    PageContext,
    alert_summary_context,
    silence_context,
    story_context,
)
from monitor.web.params import read_params
from monitor.web.views import render_page

MAX_STORY_FIGURES = 20  # those that changed most often


def show_story(site: Site, request: Request) -> Response:
    """Show a story: its alerts, its sources and its figures over time."""
    read_params(request, ())
    now = site.clock()
    detail = story_detail(site.store, request, now)
    story = story_context(detail.summary, site.timezone)
    context: PageContext = {
        "current_page": "alerts",
        "story": story | {"figures": figure_charts(site, detail.summary)},
        "heading": current_heading(detail.summary, [row for row, _ in detail.alerts_with_answers]),
        "story_alerts": [
            alert_summary_context(row, answer, site.timezone) for row, answer in detail.alerts_with_answers
        ],
        "active_silences": [silence_context(silence, site.timezone, now) for silence in detail.active_silences],
    }
    return render_page(site, "story.html", context)


def current_heading(summary: StorySummary, newest_alerts: list[AlertRow]) -> str:
    """Return the sentence that best says what the story is now: the headline of its newest alert, else the newest
    claim, else its lead claim."""
    if summary.is_of_rule:
        return shorten(sanitize(summary.lead), MAX_TITLE_CHARS)
    headlines = (alert_headline(row.alert) for row in newest_alerts if row.alert.findings)
    return next(headlines, "") or shorten(sanitize(summary.latest or summary.lead), MAX_TITLE_CHARS)


def figure_charts(site: Site, summary: StorySummary) -> list[PageContext]:
    """Return the charts of the figures that changed most often."""
    charts = []
    for series in summary.figures[:MAX_STORY_FIGURES]:
        points = history_context(series.points, site.timezone)
        counted = shorten(sanitize(series.counted), MAX_NAME_CHARS)
        charts.append({"counted": counted, "points": points, "chart": line_chart(series.points, points)})
    return charts


GET_ROUTES = {"/stories/{id}": show_story}
