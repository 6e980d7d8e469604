"""The form for a silence of any rule, source, story and words, with a preview of what it would have silenced."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from monitor.actions import create_silence
from monitor.alerts.silences import Silence, is_silenced_alert
from monitor.deliver.sanitize import sanitize
from monitor.model import Moment
from monitor.ruleset.query.compile import compile_query
from monitor.ruleset.rule import QueryAliases
from monitor.store.reports.alert_filter import AlertFilter, count_filtered, load_filtered_page, rules_with_alerts
from monitor.store.reports.alerts import AlertRow
from monitor.store.reports.coverage import configured_names
from monitor.web.alert_list import MAX_CHOICES, with_current
from monitor.web.done import done_redirect
from monitor.web.endpoint import Site
from monitor.web.page_context import PageContext, alert_summary_context
from monitor.web.params import is_stored_id, read_params
from monitor.web.silences import (
    DEFAULT_DURATION,
    DURATION_LABELS,
    MAX_COUNTED,
    MAX_REASON_CHARS,
    RECENT_ALERTS_S,
    detail_fault,
    draft_silence,
)
from monitor.web.views import render_page

if TYPE_CHECKING:
    from sqlalchemy import Connection

SCOPE_FIELDS = ("rule", "source", "story", "match")
MAX_FIELD_CHARS = 2_000
PREVIEW_S = 0.12  # in which stored alerts are compared with a query, the newest first
ALERTS_AT_ONCE, MAX_SHOWN_ALERTS = 100, 5


@dataclass(frozen=True, slots=True)
class Preview:
    """How many of the `searched` newest alerts of the last week a silence would have covered, and the newest of them.
    `is_complete` is false if there was no time for all."""

    count: int
    searched: int
    newest: tuple[AlertRow, ...]
    is_complete: bool = True


def show_new_silence(site: Site, request: Request) -> Response:
    """Show the form, filled in from the parameters."""
    params = read_params(request, SCOPE_FIELDS)
    form = {**params, "for": DEFAULT_DURATION}
    return silence_page(site, form, "", has_preview=bool(params) and not scope_fault(site, form))


def submit_new_silence(site: Site, request: Request) -> Response:
    """Show the preview that the form asks for, or create the silence."""
    form = {name: " ".join(text.split())[:MAX_FIELD_CHARS] for name, text in request.state.form.items()}
    fault = scope_fault(site, form)
    if form.get("action") == "preview" or fault:
        return silence_page(site, form, fault, has_preview=not fault)
    if fault := detail_fault(form):
        return silence_page(site, form, fault, has_preview=True)
    create_silence(site.store, scoped_silence(form, site.clock()))
    return done_redirect(site, "/silences", "created")


def silence_page(site: Site, form: Mapping[str, str], fault: str, *, has_preview: bool) -> Response:
    """Render the form with what was entered, a fault, and the preview."""
    now = site.clock()
    with site.store.read() as conn:
        rules, names = rules_with_alerts(conn, MAX_CHOICES + 1), configured_names(conn, MAX_CHOICES + 1)
        preview = (
            find_silenced(conn, scoped_silence(form, now), QueryAliases(site.aliases()), now) if has_preview else None
        )
    context: PageContext = {
        "current_page": "silences",
        "form": {name: form.get(name, "") for name in (*SCOPE_FIELDS, "facts", "for", "reason")},
        "fault": sanitize(fault),
        "preview": preview and preview_context(site, preview, has_mode="facts" in form),
        "rule_choices": with_current(rules, form.get("rule")),
        "source_choices": with_current(names, form.get("source")),
        "durations": DURATION_LABELS,
        "max_reason_chars": MAX_REASON_CHARS,
    }
    return render_page(site, "silence_new.html", context, 400 if fault else 200)


def scope_fault(site: Site, form: Mapping[str, str]) -> str:
    """Return what is wrong with the conditions, "" if nothing is."""
    if not any(form.get(name) for name in SCOPE_FIELDS):
        return "Choose at least one condition."
    if (story := form.get("story")) and not is_stored_id(story):
        return "The id of a story has letters, digits and hyphens only."
    if source := form.get("source"):
        with site.store.read() as conn:
            if source not in configured_names(conn, MAX_COUNTED):
                return f"There is no source {source}."
    if match := form.get("match"):
        query, faults = compile_query(match, site.aliases())
        if query is None:
            return f"Words, character {faults[0].offset + 1}: {faults[0].message}."
    return ""


def scoped_silence(form: Mapping[str, str], now: Moment) -> Silence:
    """Return the silence that the form describes."""
    rule, source, story, match = (form.get(name) or None for name in SCOPE_FIELDS)
    return replace(draft_silence(form, now), rule=rule, source=source, story=story, match=match)


def find_silenced(conn: Connection, draft: Silence, aliases: QueryAliases, now: Moment) -> Preview:
    """Return which alerts of the last week a silence covers. Only a query needs the alerts themselves."""
    wanted = AlertFilter(rule=draft.rule, source=draft.source, story=draft.story, since=now - RECENT_ALERTS_S)
    total = count_filtered(conn, AlertFilter(since=wanted.since), MAX_COUNTED)
    if draft.match is None:
        newest = load_filtered_page(conn, wanted, limit=MAX_SHOWN_ALERTS)
        return Preview(count_filtered(conn, wanted, MAX_COUNTED), total, tuple(newest))
    deadline, silenced, searched = time.monotonic() + PREVIEW_S, list[AlertRow](), 0
    for page in alert_pages(conn, wanted):
        silenced += [row for row in page if is_silenced_alert(row.alert, [draft], aliases)]
        searched += len(page)
        if time.monotonic() > deadline and len(page) == ALERTS_AT_ONCE:
            return Preview(len(silenced), searched, tuple(silenced[:MAX_SHOWN_ALERTS]), is_complete=False)
    return Preview(len(silenced), total, tuple(silenced[:MAX_SHOWN_ALERTS]))


def alert_pages(conn: Connection, wanted: AlertFilter) -> Iterator[list[AlertRow]]:
    """Yield the alerts of a filter in batches, newest first."""
    before: int | None = None
    while page := load_filtered_page(conn, wanted, limit=ALERTS_AT_ONCE, before=before):
        yield page
        before = page[-1].number


def preview_context(site: Site, preview: Preview, *, has_mode: bool) -> PageContext:
    count = f"{'at most ' if has_mode else ''}{preview.count:,}"
    whole = f"{preview.searched:,}{'+' if preview.searched == MAX_COUNTED else ''}"
    of_all = f"{whole} alert{'' if preview.searched == 1 else 's'} of the last 7 days"
    scope = f"the {of_all}" if preview.is_complete else f"the newest {of_all}, which is as far as the preview came"
    return {
        "sentence": f"Would have silenced {count} of {scope}.",
        "alerts": [alert_summary_context(row, None, site.timezone) for row in preview.newest],
    }


GET_ROUTES = {"/silences/new": show_new_silence}
POST_ROUTES = {"/silences/new": submit_new_silence}
