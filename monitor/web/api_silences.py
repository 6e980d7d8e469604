"""API: the silences, a new one, and the end of one."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from starlette.exceptions import HTTPException

from monitor.actions import create_silence
from monitor.alerts.silences import Silence, SilenceMode
from monitor.listings import silence_json
from monitor.model import Moment
from monitor.ruleset.query.compile import compile_query
from monitor.store import silences
from monitor.units import parse_duration
from monitor.web.api_context import aliases_in_use
from monitor.web.api_operation import Call, Operation
from monitor.web.api_schema import ApiModel, IsoTime, parse_moment
from monitor.web.endpoint import Site
from monitor.web.visitor import current_visitor

MAX_LISTED = 1000


class SilenceItem(ApiModel):
    """A silence; an empty part of its scope matches everything. Findings are compared with `claims`."""

    id: int
    state: Literal["active", "ended"]
    rule: str | None
    source: str | None
    story: str | None
    match: str | None
    mode: SilenceMode
    claims: list[str]
    reason: str
    by: str
    made: IsoTime
    until: IsoTime


class SilenceList(ApiModel):
    silences: list[SilenceItem]


class SilenceQuery(ApiModel):
    state: Literal["active", "ended"] | None = None


class NewSilence(ApiModel):
    """At least one of `rule`, `source`, `story` and `match`, and either `for` or `until`."""

    rule: str | None = Field(None, min_length=1, max_length=300)
    source: str | None = Field(None, min_length=1, max_length=300)
    story: str | None = Field(None, min_length=1, max_length=300)
    match: str | None = Field(None, min_length=1, max_length=2000, description="A query, as in rules")
    duration: str | None = Field(None, alias="for", max_length=40, description="Such as 8h or 7d")
    until: str | None = Field(None, max_length=40, description="A time such as 2026-01-31T18:00Z")
    reason: str = Field(min_length=1, max_length=500)
    by: str = Field("", max_length=100)
    until_facts_change: bool = Field(False, description="Still alert when a number, date, name … changes")


def get_silences(site: Site, call: Call) -> SilenceList:
    query: SilenceQuery = call.query
    now = site.clock()
    with site.store.read() as conn:
        rows = silences.all_silences(conn)
    items = [SilenceItem.model_validate(silence_json(row, now)) for row in rows[:MAX_LISTED]]
    return SilenceList(silences=[item for item in items if query.state in (None, item.state)])


def post_silence(site: Site, call: Call) -> SilenceItem:
    new: NewSilence = call.body
    now = site.clock()
    if not (new.rule or new.source or new.story or new.match):
        raise HTTPException(400, "Expected rule, source, story or match.")
    if not new.reason.strip():
        raise HTTPException(400, "Expected a reason.")
    check_query(site, new.match)
    draft = Silence(
        0,
        " ".join(new.reason.split()),
        now,
        end_time(new, now),
        rule=new.rule,
        source=new.source,
        story=new.story,
        match=new.match,
        by=new.by.strip() or current_visitor().author,
        mode=SilenceMode.UNTIL_FACTS_CHANGE if new.until_facts_change else SilenceMode.ALL,
    )
    return SilenceItem.model_validate(silence_json(create_silence(site.store, draft), now))


def post_silence_end(site: Site, call: Call) -> SilenceItem:
    now, silence_id = site.clock(), call.path["id"]
    with site.store.write() as conn:
        has_ended = silences.end_silence(conn, silence_id, now)
        rows = [row for row in silences.all_silences(conn) if row.id == silence_id]
    if not rows:
        raise HTTPException(404, "There is no such silence.")
    if not has_ended:
        raise HTTPException(409, "This silence has ended already.")
    return SilenceItem.model_validate(silence_json(rows[0], now))


def check_query(site: Site, match: str | None) -> None:
    """Raise HTTPException 400 if the query is invalid."""
    if match is None:
        return
    query, faults = compile_query(match, aliases_in_use(site))
    if query is None:
        raise HTTPException(400, f"match, character {faults[0].offset + 1}: {faults[0].message}.")


def end_time(new: NewSilence, now: Moment) -> Moment:
    """Return when the silence ends. Raise HTTPException 400 unless exactly one field is given and valid."""
    if (new.duration is None) == (new.until is None):
        raise HTTPException(400, "Expected either for or until.")
    if new.duration is not None:
        try:
            return now + parse_duration(new.duration)
        except ValueError as error:
            raise HTTPException(400, f'Invalid field "for": {error}.') from None
    until = parse_moment(new.until, "until", now)
    if until is None or until <= now:
        raise HTTPException(400, 'Invalid field "until": expected a future time.')
    return until


OPERATIONS = (
    Operation(
        "GET", "/silences", "listSilences", "The silences, newest first", get_silences, SilenceList, SilenceQuery
    ),
    Operation(
        "POST",
        "/silences",
        "createSilence",
        "Create a silence",
        post_silence,
        SilenceItem,
        body=NewSilence,
        status=201,
    ),
    Operation(
        "POST",
        "/silences/{id:int}/end",
        "endSilence",
        "End a silence now",
        post_silence_end,
        SilenceItem,
        errors=(404, 409),
    ),
)
