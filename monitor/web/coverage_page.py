"""The coverage report: which sources are silent, blocked or failing, and which lost entries between two polls."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from monitor.alerts.source_notices import humanize_duration
from monitor.deliver.finding_context import MAX_NAME_CHARS, MAX_SHOWN_REASON_CHARS
from monitor.deliver.sanitize import sanitize, shorten
from monitor.model import Moment
from monitor.store.reports.coverage import EndedNotice, SourceGap, count_sources, ended_notices, source_gaps
from monitor.web.endpoint import Site
from monitor.web.page_context import PageContext, future_time_context, past_time_context, source_path
from monitor.web.params import read_params
from monitor.web.views import render_page

MAX_LISTED = 200  # sources of one section


@dataclass(frozen=True, slots=True)
class Section:
    """The sources with one kind of problem, and what it means."""

    kind: str
    title: str
    meaning: str


SECTIONS = (
    Section("failing", "Failing", "The last polls failed. What they publish meanwhile is read once they are back."),
    Section("blocked", "Blocked", "The site refuses the monitor. Change the address, the login or the interval."),
    Section("quiet", "Silent", "Nothing new for at least twice its longest usual pause, although it can be read."),
    Section("paused", "Paused", "Not polled until somebody resumes it."),
    Section("rolled", "Lost entries", "More is published between two polls than the feed holds. Poll it more often."),
)
KNOWN_KINDS = {section.kind for section in SECTIONS}
OTHER = Section("", "Other notices", "What these publish is read, but something about it is unusual.")


def coverage(site: Site, request: Request) -> Response:
    """Show the sources that are not covered fully, and the problems that ended."""
    read_params(request, ())
    now = site.clock()
    with site.store.read() as conn:
        gaps = source_gaps(conn)
        ended = ended_notices(conn, now)
        counts = count_sources(conn)
    context: PageContext = {
        "current_page": "coverage",
        "sections": [section_context(section, gaps, site.timezone, now) for section in (*SECTIONS, OTHER)],
        "ended": [ended_context(notice, site.timezone, now) for notice in ended],
        "configured": counts.configured,
        "never_read": counts.never_read,
        "complete": counts.configured - len(gaps),
    }
    return render_page(site, "coverage.html", context)


def section_context(section: Section, gaps: list[SourceGap], timezone: ZoneInfo, now: Moment) -> PageContext:
    problems = [(gap, kind) for gap in gaps for kind in sorted(gap.kinds) if is_in(section, kind)]
    return {
        "kind": section.kind or "other",
        "title": section.title,
        "meaning": section.meaning,
        "count": len(problems),
        "hidden": max(0, len(problems) - MAX_LISTED),
        "rows": [gap_row(gap, kind, timezone, now) for gap, kind in problems[:MAX_LISTED]],
    }


def is_in(section: Section, kind: str) -> bool:
    return kind == section.kind if section.kind else kind not in KNOWN_KINDS


def gap_row(gap: SourceGap, kind: str, timezone: ZoneInfo, now: Moment) -> PageContext:
    since = gap.since(kind)
    notice_text = next((notice.text for notice in gap.notices if notice.kind == kind), "")
    is_state = kind == gap.state
    return {
        "name": shorten(sanitize(gap.name), MAX_NAME_CHARS),
        "path": source_path(gap.name),
        "kind": kind,
        "text": shorten(sanitize((gap.error if is_state else "") or notice_text), MAX_SHOWN_REASON_CHARS),
        "since": past_time_context(since, timezone, now),
        "lasts": "" if since is None else humanize_duration(now - since),
        "last_good": past_time_context(gap.last_good, timezone, now),
        "last_entry": past_time_context(gap.last_entry, timezone, now),
        "next_poll": future_time_context(gap.next_poll, timezone, now),
    }


def ended_context(ended: EndedNotice, timezone: ZoneInfo, now: Moment) -> PageContext:
    notice = ended.notice
    over = notice.ended_at or notice.last_seen
    return {
        "name": shorten(sanitize(ended.source), MAX_NAME_CHARS),
        "path": source_path(ended.source),
        "kind": notice.kind,
        "text": shorten(sanitize(notice.text), MAX_SHOWN_REASON_CHARS),
        "ended": past_time_context(over, timezone, now),
        "lasted": humanize_duration(over - notice.since),
    }


GET_ROUTES = {"/coverage": coverage}
