"""The overview: is everything alive, what was alerted today and on the last days, and what needs attention."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from monitor.deliver.display_time import local_time
from monitor.deliver.finding_context import MAX_NAME_CHARS, MAX_SHOWN_REASON_CHARS
from monitor.deliver.sanitize import sanitize, shorten
from monitor.model import Moment, Severity
from monitor.store.reports.alerts import load_alert_page, with_feedback
from monitor.store.reports.coverage import SourceGap, source_gaps
from monitor.store.reports.overview import (
    MAX_COUNTED_DEAD,
    alert_counts_by_day,
    approximate_size,
    load_progress,
    noisiest_rules,
)
from monitor.store.rule_state import load_rules_refusal
from monitor.units import DAY, HOUR, MINUTE
from monitor.web.charts import bar_chart
from monitor.web.count_cache import cached
from monitor.web.days import day_starts
from monitor.web.endpoint import Site
from monitor.web.page_context import (
    PageContext,
    alert_summary_context,
    duration,
    past_time_context,
    relative_time,
    rule_alerts_path,
    source_path,
)
from monitor.web.params import page_url, read_params
from monitor.web.views import render_page

NOISE_S = 30 * DAY
NEWEST_ALERTS = 8
LISTED_GAPS = 6
LATE_POLL_S, LATE_DELIVERY_S, STUCK_S = 5 * MINUTE, 10 * MINUTE, HOUR
OLD_PARAMS = ("rule", "story", "message", "before")  # of the list of alerts, which was at `/`


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must work: `state` is ok, warn or bad, `text` one short sentence, `path` where to look."""

    name: str
    state: str
    text: str
    detail: str = ""
    path: str = ""


def overview(site: Site, request: Request) -> Response:
    """Show the overview. The parameters of the list of alerts, which had this address, lead there."""
    params = read_params(request, OLD_PARAMS)
    if params:
        return RedirectResponse(site.base + old_link_target(site, params), 302)
    now = site.clock()
    with site.store.read() as conn:
        newest = with_feedback(conn, load_alert_page(conn, limit=NEWEST_ALERTS))
        gaps = source_gaps(conn)
        progress = load_progress(conn, now)
    chart = cached(site.store, "days", lambda: alerts_by_day(site, now))
    context: PageContext = {
        "current_page": "overview",
        "checks": overview_checks(site),
        "daemon_failures": daemon_failures(site),
        "newest": [alert_summary_context(row, answer, site.timezone) for row, answer in newest],
        "gaps": [gap_context(gap, site.timezone, now) for gap in worst_gaps(gaps)[:LISTED_GAPS]],
        "more_gaps": max(0, len(gaps) - LISTED_GAPS),
        "has_sources": progress.sources > 0,
        "first_polls": first_polls(progress.polled_sources, progress.sources),
        "noise": cached(site.store, "noise", lambda: noise_contexts(site, now)),
        "size": cached(site.store, "size", lambda: size_context(site)),
        **chart,
    }
    return render_page(site, "overview.html", context)


def old_link_target(site: Site, params: Mapping[str, str]) -> str:
    """Return where a link to the list of alerts leads: to the alert itself if a message has only one."""
    if set(params) == {"message"}:
        with site.store.read() as conn:
            rows = load_alert_page(conn, limit=2, message=params["message"])
        if len(rows) == 1:
            return f"/alerts/{rows[0].alert.id}"
    return page_url("/alerts", params)


def daemon_failures(site: Site) -> list[PageContext]:
    """Return the checks of `/health` that fail, each with its reason; none where no daemon runs."""
    return [
        {"name": name, "reason": shorten(sanitize(check.get("reason") or ""), MAX_SHOWN_REASON_CHARS)}
        for name, check in site.health()["checks"].items()
        if check["status"] != "ok"
    ]


def overview_checks(site: Site) -> list[Check]:
    """Return the checks of the overview, in the order in which they are shown."""
    now = site.clock()
    with site.store.read() as conn:
        progress = load_progress(conn, now)
        refused_at, problems = load_rules_refusal(conn)
    late = now - progress.overdue_since if progress.overdue_since is not None else 0.0
    waiting = now - progress.oldest_due if progress.oldest_due is not None else 0.0
    polls = when("Last poll", progress.last_poll, now, "No source was polled yet")
    sends = when("Last delivery", progress.last_delivery, now, "Nothing was delivered yet")
    dead = f"{progress.dead_letters:,}{'+' if progress.dead_letters == MAX_COUNTED_DEAD else ''}"
    return [
        Check(
            "Polling",
            level(late, LATE_POLL_S) if progress.sources else "warn",
            polls,
            f"a source is due for {duration(late)}" if late > LATE_POLL_S else f"{progress.sources:,} sources",
            "/sources",
        ),
        Check(
            "Delivery",
            level(waiting, LATE_DELIVERY_S),
            sends,
            f"the oldest message is due for {duration(waiting)}" if waiting > MINUTE else "nothing waits",
            "/deliveries",
        ),
        Check(
            "Dead letters",
            "bad" if progress.dead_letters else "ok",
            f"{dead} not delivered" if progress.dead_letters else "None",
            "" if progress.dead_letters else "every message was accepted",
            "/deliveries?state=dead",
        ),
        Check(
            "Rules",
            "ok" if refused_at is None else "bad",
            "In use as on disk" if refused_at is None else when("Rejected", refused_at, now, ""),
            f"{len(problems)} problem{'' if len(problems) == 1 else 's'}" if problems else "",
        ),
    ]


def level(seconds: float, late: float) -> str:
    """Return the state of a check by how long something waits."""
    return "ok" if seconds <= late else "warn" if seconds <= STUCK_S else "bad"


def when(name: str, moment: Moment | None, now: Moment, otherwise: str) -> str:
    if moment is None:
        return otherwise
    distance = relative_time(min(0.0, moment - now))
    return f"{name} {'just now' if distance == 'now' else distance}"


def first_polls(polled: int, total: int) -> PageContext | None:
    """Return how many of the sources had their first poll; None once all had."""
    if polled >= total:
        return None
    return {"polled": polled, "total": total, "percent": round(100 * polled / total)}


def alerts_by_day(site: Site, now: Moment) -> PageContext:
    """Return the chart of the last days and the counts of today, by the days of the site's time zone."""
    days = day_starts(now, site.timezone)
    with site.store.read() as conn:
        counts = alert_counts_by_day(conn, days)
    chart = bar_chart(counts)
    for bar, first in zip(chart["bars"], days, strict=False):
        day = local_time(first, site.timezone).date()
        bar |= {"path": page_url("/alerts", {"since": day, "until": day}), "day": f"{day:%a} {day.day} {day:%b}"}
        bar["short"] = f"{day.day} {day:%b}"
    severities = [severity.value for severity in reversed(Severity)]
    today = [{"severity": severity, "count": counts[-1].get(severity, 0)} for severity in severities]
    return {
        "chart": chart,
        "today": [count for count in today if count["count"]],
        "today_total": sum(counts[-1].values()),
        "today_path": chart["bars"][-1]["path"],
    }


def noise_contexts(site: Site, now: Moment) -> list[PageContext]:
    with site.store.read() as conn:
        rows = noisiest_rules(conn, now - NOISE_S)
    return [
        {
            "rule": shorten(sanitize(row.rule), MAX_NAME_CHARS),
            "path": rule_alerts_path(row.rule) + "&answered=yes",
            "percent": round(100 * row.share),
            "not_news": row.not_news,
            "answered": row.answered,
        }
        for row in rows
    ]


def size_context(site: Site) -> PageContext:
    with site.store.read() as conn:
        size = approximate_size(conn)
    return {"claims": size.claims, "entries": size.entries, "updates": size.updates, "alerts": size.alerts}


def worst_gaps(gaps: list[SourceGap]) -> list[SourceGap]:
    """Return the sources that cannot be read first, then the silent ones, then those with other notices."""
    order = {"blocked": 0, "failing": 0, "quiet": 1, "paused": 2}
    return sorted(gaps, key=lambda gap: (order.get(gap.state, 3), gap.name))


def gap_context(gap: SourceGap, timezone: ZoneInfo, now: Moment) -> PageContext:
    """A source in the list of those that need attention: its worst problem, and since when."""
    kinds = sorted(gap.kinds)
    kind = gap.state if gap.state in kinds else next(iter(kinds), gap.state)
    texts = {notice.kind: notice.text for notice in gap.notices}
    return {
        "name": shorten(sanitize(gap.name), MAX_NAME_CHARS),
        "path": source_path(gap.name),
        "kind": kind,
        "text": shorten(sanitize(gap.error or texts.get(kind, "")), MAX_SHOWN_REASON_CHARS),
        "since": past_time_context(gap.since(kind), timezone, now),
    }


GET_ROUTES = {"/": overview}
