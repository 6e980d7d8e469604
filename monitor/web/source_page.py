"""The page of one source: its state, rhythm, notices, newest entries and alerts, and its buttons."""

from __future__ import annotations

from datetime import tzinfo
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from monitor.alerts.source_notices import SourceNotice, humanize_duration
from monitor.config.models import SourceConfig
from monitor.deliver.display_time import local_time
from monitor.deliver.finding_context import MAX_NAME_CHARS, MAX_SHOWN_REASON_CHARS, MAX_TITLE_CHARS
from monitor.deliver.sanitize import safe_web_link, sanitize, shorten
from monitor.model import Moment, Severity
from monitor.sources.adaptive_interval import effective_interval, explain_interval
from monitor.store.reports.alert_filter import AlertFilter, load_filtered_page
from monitor.store.reports.alerts import with_feedback
from monitor.store.reports.sources import (
    SourceHistory,
    StoredEntry,
    entry_counts_by_day,
    find_source_history,
    newest_stored_entries,
)
from monitor.web.charts import bar_chart
from monitor.web.days import day_starts
from monitor.web.done import DONE_PARAMS, done_notice
from monitor.web.endpoint import Site
from monitor.web.page_context import (
    PageContext,
    alert_summary_context,
    duration,
    past_time_context,
    source_context,
)
from monitor.web.params import page_url, read_params
from monitor.web.source_list import CHECKBOX_PREFIX, DONE, shown_tags
from monitor.web.views import render_page

MAX_ENTRIES, MAX_ALERTS = 20, 10


def show_source(site: Site, request: Request) -> Response:
    """Show the source in the path. Raise HTTPException 404 if it is not configured."""
    params = read_params(request, DONE_PARAMS)
    name, now = request.path_params["name"], site.clock()
    if not name:
        raise HTTPException(404)
    days = day_starts(now, site.timezone)
    with site.store.read() as conn:
        history = find_source_history(conn, name)
        if history is None:
            raise HTTPException(404, "There is no such source.")
        entries = newest_stored_entries(conn, name, MAX_ENTRIES)
        counts = entry_counts_by_day(conn, name, days)
        rows = load_filtered_page(conn, AlertFilter(source=name), limit=MAX_ALERTS)
        alerts = with_feedback(conn, rows)
    configured = configured_source(site, name)
    context: PageContext = {
        "current_page": "sources",
        "source": source_context(history.state, site.timezone, now),
        "checkbox": CHECKBOX_PREFIX + name,
        "is_paused": history.state.paused_at is not None or history.state.state == "paused",
        "can_poll": history.state.paused_at is None,
        "paused_at": past_time_context(history.state.paused_at, site.timezone, now),
        "last_poll": past_time_context(history.last_poll, site.timezone, now),
        "failures": history.state.failures,
        "tags": shown_tags(configured.tags if configured else ()),
        "rhythm": rhythm(configured, history, site.timezone),
        "chart": entry_chart(counts, days, site.timezone),
        "recent": sum(counts),
        "notices": [notice_row(notice, site.timezone, now) for notice in history.notices],
        "entries": [entry_context(entry, site.timezone, now) for entry in entries],
        "alerts": [alert_summary_context(row, answer, site.timezone) for row, answer in alerts],
        "alerts_path": page_url("/alerts", {"source": name}),
        "silence_path": page_url("/silences/new", {"source": name}),
        "notice": done_notice(params, DONE),
    }
    return render_page(site, "source.html", context)


def configured_source(site: Site, name: str) -> SourceConfig | None:
    """Return the source in the config; None if it is not there or there is no config."""
    configured = site.config().sources if site.config else ()
    return next((source for source in configured if source.name == name), None)


def rhythm(configured: SourceConfig | None, history: SourceHistory, timezone: tzinfo) -> str:
    """Return how often the source is polled, and why; "" if that is not known."""
    if configured is None:
        return ""
    if configured.cron:
        return f"at {sanitize(configured.cron)} ({timezone})"
    interval = effective_interval(
        every=configured.every, slowest=configured.slowest, stored_interval=history.state.adaptive_interval
    )
    return f"every {duration(interval)}, {explain_interval(interval, every=configured.every)}"


def entry_chart(counts: list[int], days: list[Moment], timezone: ZoneInfo) -> PageContext:
    """Return the chart of the entries that each of the last days brought."""
    chart = bar_chart([{Severity.LOW.value: count} for count in counts])
    for bar, first in zip(chart["bars"], days, strict=False):
        day = local_time(first, timezone)
        bar |= {"short": f"{day.day} {day:%b}"}
    return chart


def notice_row(notice: SourceNotice, timezone: ZoneInfo, now: Moment) -> PageContext:
    """A notice with how long it lasted, or has lasted."""
    ended = notice.ended_at
    return {
        "kind": notice.kind,
        "text": shorten(sanitize(notice.text), MAX_SHOWN_REASON_CHARS),
        "since": past_time_context(notice.since, timezone, now),
        "ended": past_time_context(ended, timezone, now),
        "lasted": humanize_duration((now if ended is None else ended) - notice.since),
        "is_announced": notice.is_announced,
    }


def entry_context(entry: StoredEntry, timezone: ZoneInfo, now: Moment) -> PageContext:
    """An entry; `url` is "" if it has no address that can be linked."""
    return {
        "title": shorten(sanitize(entry.title), MAX_TITLE_CHARS),
        "url": safe_web_link(entry.url),
        "address": shorten(sanitize(entry.url), MAX_NAME_CHARS),
        "published": past_time_context(entry.published, timezone, now),
        "first_seen": past_time_context(entry.first_seen, timezone, now),
        "revisions": max(0, entry.versions - 1),
    }


GET_ROUTES = {"/sources/{name:path}": show_source}
