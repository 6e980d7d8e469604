"""The list of sources with filters, and the buttons that poll, pause and resume those selected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from monitor.actions import request_polls, set_source_paused
from monitor.deliver.finding_context import MAX_NAME_CHARS
from monitor.deliver.sanitize import sanitize, shorten
from monitor.listings import public_url
from monitor.sources.state import SourceState
from monitor.store import sources
from monitor.web.done import DONE_PARAMS, done_notice, done_redirect
from monitor.web.endpoint import Site
from monitor.web.forms import checked_names, kept_params
from monitor.web.page_context import PageContext, source_context, source_path
from monitor.web.params import page_url, parse_choice, parse_row_number, read_params
from monitor.web.views import render_page

SOURCES_PER_PAGE = 50
FILTER_PARAMS = ("q", "state", "tag")
KEPT_PARAMS = (*FILTER_PARAMS, "page")
PARAMS = (*KEPT_PARAMS, "select", *DONE_PARAMS)
STATES = ("ok", "empty", "failing", "blocked", "quiet", "paused")
CHECKBOX_PREFIX = "source:"
DONE = {
    "poll": ("The source is polled now.", "{count} sources are polled now."),
    "pause": ("The source is paused: it is not polled until you resume it.", "{count} sources are paused."),
    "resume": ("The source is polled again, the first time now.", "{count} sources are polled again, from now on."),
    "added": (
        "The source is in the config. It appears here within seconds, and its first poll raises no alerts.",
        "{count} sources are in the config.",
    ),
}


def list_sources(site: Site, request: Request) -> Response:
    """List the sources that the filter selects, those with an error first."""
    params = read_params(request, PARAMS)
    parse_choice(params, "state", STATES)
    page = max(1, parse_row_number(params, "page") or 1)
    with site.store.read() as conn:
        rows = sources.load_sources(conn)
    tags = tags_by_source(site)
    matching = sorted(filtered(rows, params, tags), key=lambda row: not row.error)
    shown = matching[SOURCES_PER_PAGE * (page - 1) : SOURCES_PER_PAGE * page]
    kept = {name: params[name] for name in KEPT_PARAMS if name in params}
    now = site.clock()
    context: PageContext = {
        "current_page": "sources",
        "sources": [
            source_context(row, site.timezone, now)
            | {"tags": shown_tags(tags.get(row.name, ())), "checkbox": CHECKBOX_PREFIX + row.name}
            for row in shown
        ],
        "total": len(rows),
        "found": len(matching),
        "failing_count": sum(1 for row in rows if row.error),
        "states": STATES,
        "tag_choices": [(tag, shorten(sanitize(tag), MAX_NAME_CHARS)) for tag in all_tags(tags)],
        "filter": {name: params.get(name, "") for name in FILTER_PARAMS},
        "is_filtered": any(name in params for name in FILTER_PARAMS),
        "kept_query": page_url("", kept).removeprefix("?"),
        "notice": done_notice(params, DONE),
        "all_selected": params.get("select") == "all",
        "select_all": page_url("/sources", {**kept, "select": "all"}),
        **page_links(kept, page, has_more=len(matching) > SOURCES_PER_PAGE * page),
    }
    return render_page(site, "sources.html", context)


def tags_by_source(site: Site) -> dict[str, tuple[str, ...]]:
    """Return the tags of the sources in the config; they are not stored."""
    return site.config().source_tags if site.config else {}


def all_tags(tags: Mapping[str, Sequence[str]]) -> list[str]:
    return sorted({tag for of_source in tags.values() for tag in of_source})


def shown_tags(tags: Iterable[str]) -> list[PageContext]:
    return [
        {"label": shorten(sanitize(tag), MAX_NAME_CHARS), "path": page_url("/sources", {"tag": tag})} for tag in tags
    ]


def filtered(
    rows: Iterable[SourceState], params: Mapping[str, str], tags: Mapping[str, Sequence[str]]
) -> list[SourceState]:
    """Return the sources with the state, the tag and all words of `q`: in name, address, error and tags."""
    words = params.get("q", "").casefold().split()
    state, tag = params.get("state"), params.get("tag")
    matching = []
    for row in rows:
        source_tags = tags.get(row.name, ())
        text = "\n".join((row.name, public_url(row.url), row.error or "", *source_tags)).casefold()
        has_words = all(word in text for word in words)
        if has_words and state in (None, row.state) and (tag is None or tag in source_tags):
            matching.append(row)
    return matching


def page_links(kept: Mapping[str, str], page: int, *, has_more: bool) -> PageContext:
    """Return the links to the pages before and after, "" where there are none."""
    return {
        "previous": page_url("/sources", {**kept, "page": page - 1 if page > 2 else None}) if page > 1 else "",
        "next": page_url("/sources", {**kept, "page": page + 1}) if has_more else "",
    }


def change_sources(site: Site, request: Request) -> Response:
    """Poll, pause or resume the sources that the form names, and return to the page that sent it."""
    form: Mapping[str, str] = request.state.form
    action = form.get("action", "")
    if action not in ("poll", "pause", "resume"):
        raise HTTPException(400, "Choose what to do with the sources.")
    wanted = set(checked_names(form, CHECKBOX_PREFIX))
    if not wanted:
        raise HTTPException(400, "Select at least one source.")
    with site.store.read() as conn:
        chosen = [row for row in sources.load_sources(conn) if row.name in wanted]
    if not chosen:
        raise HTTPException(404, "There is no such source.")
    changed = change_states(site, chosen, action)
    if form.get("back") == "source":
        return done_redirect(site, source_path(chosen[0].name), action)
    return done_redirect(site, "/sources", action, changed, kept_params(form, KEPT_PARAMS))


def change_states(site: Site, rows: Sequence[SourceState], action: str) -> int:
    """Do it, and return for how many. Raise HTTPException 409 if all that should be polled are paused."""
    now = site.clock()
    if action != "poll":
        for row in rows:
            set_source_paused(site.store, row.name, paused=action == "pause", now=now)
        return len(rows)
    names = [row.name for row in rows if row.paused_at is None]
    if not names:
        raise HTTPException(409, "A paused source is not polled: resume it first.")
    request_polls(site.store, names, now)
    return len(names)


GET_ROUTES = {"/sources": list_sources}
POST_ROUTES = {"/sources": change_sources}
