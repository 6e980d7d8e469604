"""API: the sources; poll one now, pause it, resume it."""

from __future__ import annotations

from typing import Literal

from starlette.exceptions import HTTPException

from monitor.actions import request_polls, set_source_paused
from monitor.listings import iso_seconds, notice_json, public_url
from monitor.sources.state import SourceState
from monitor.store import sources
from monitor.web.api_operation import Call, Operation, Responder
from monitor.web.api_schema import ApiModel, IsoTime
from monitor.web.endpoint import Site

ShownState = Literal["ok", "empty", "failing", "blocked", "paused", "quiet"]


class NoticeItem(ApiModel):
    """An open notice about a source."""

    kind: str
    said: str
    since: IsoTime


class SourceItem(ApiModel):
    """A source as in `monitor sources --json`, its address without secrets.

    `paused_at` is when somebody paused it; the state is also `paused` if the source is gone.
    """

    name: str
    url: str
    kind: Literal["feed", "page", "json"]
    state: ShownState
    entries: int
    error: str | None
    last_good: IsoTime | None
    next_poll: IsoTime | None
    paused_at: IsoTime | None
    notices: list[NoticeItem]


class SourceList(ApiModel):
    sources: list[SourceItem]


def get_sources(site: Site, _call: Call) -> SourceList:
    with site.store.read() as conn:
        rows = sources.load_sources(conn)
    return SourceList(sources=[source_item(row) for row in rows])


def get_source(site: Site, call: Call) -> SourceItem:
    return source_item(find_source(site, call))


def post_poll(site: Site, call: Call) -> SourceItem:
    row = find_source(site, call)
    if row.paused_at is not None:
        raise HTTPException(409, "This source is paused: resume it first.")
    request_polls(site.store, [row.name], site.clock())
    return get_source(site, call)


def post_pause(site: Site, call: Call) -> SourceItem:
    set_source_paused(site.store, find_source(site, call).name, paused=True, now=site.clock())
    return get_source(site, call)


def post_resume(site: Site, call: Call) -> SourceItem:
    set_source_paused(site.store, find_source(site, call).name, paused=False, now=site.clock())
    return get_source(site, call)


def find_source(site: Site, call: Call) -> SourceState:
    """Return the source in the path. Raise HTTPException 404 if it is not configured."""
    with site.store.read() as conn:
        rows = sources.load_sources(conn)
    for row in rows:
        if row.name == call.path["name"]:
            return row
    raise HTTPException(404, "There is no such source.")


def source_item(row: SourceState) -> SourceItem:
    fields = {
        "name": row.name,
        "url": public_url(row.url),
        "kind": row.kind,
        "state": row.state,
        "entries": row.entries,
        "error": row.error,
        "last_good": iso_seconds(row.last_good),
        "next_poll": iso_seconds(row.next_poll),
        "paused_at": iso_seconds(row.paused_at),
        "notices": [notice_json(notice) for notice in row.notices],
    }
    return SourceItem.model_validate(fields)


def source_operation(action: str, summary: str, respond: Responder, *errors: int) -> Operation:
    path, name = f"/sources/{{name}}/{action}", f"{action}Source"
    return Operation("POST", path, name, summary, respond, SourceItem, errors=(404, *errors))


OPERATIONS = (
    Operation("GET", "/sources", "listSources", "The configured sources, by name", get_sources, SourceList),
    Operation("GET", "/sources/{name}", "getSource", "One source", get_source, SourceItem, errors=(404,)),
    source_operation("poll", "Poll a source now, whatever its interval and back-off", post_poll, 409),
    source_operation("pause", "Stop polling a source, also across restarts", post_pause),
    source_operation("resume", "Poll a paused source again, the first time now", post_resume),
)
