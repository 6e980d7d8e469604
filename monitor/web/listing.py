"""What an address asks of the store: one page of a listing, newest first, or one alert."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request

from monitor.alerts.account import Account
from monitor.alerts.answers import Answer
from monitor.alerts.silences import Silence, about
from monitor.model import Moment
from monitor.store import Store, answers, reports, silences
from monitor.store.accounts import account
from monitor.store.reports import AlertRow, DeliveryRow

if TYPE_CHECKING:
    from sqlalchemy import Connection

Row = TypeVar("Row")

SIZE = 50  # rows on a page
TOLD = 20  # alerts of a story beside something else
STATES = ("pending", "retrying", "sent", "dead")


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """One page of rows; `older` is the address of the next page, "" on the last."""

    rows: Sequence[Row]
    older: str


def alerts(store: Store, request: Request) -> Listing[AlertRow]:
    """The alerts that `?rule=`, `?story=` and `?before=` ask for."""
    before, rule, story = before_of(request), request.query_params.get("rule"), request.query_params.get("story")
    with store.read() as conn:
        rows = reports.alerts(conn, limit=SIZE + 1, before=before, rule=rule, story=story)
    return listing(request, rows, lambda row: row.number)


def deliveries(store: Store, request: Request) -> Listing[DeliveryRow]:
    """The deliveries that `?state=` and `?before=` ask for."""
    before, state = before_of(request), request.query_params.get("state")
    if state not in (None, *STATES):
        raise HTTPException(400, f"A delivery's state is one of {', '.join(STATES)}.")
    with store.read() as conn:
        rows = reports.deliveries(conn, limit=SIZE + 1, before=before, states=None if state is None else [state])
    return listing(request, rows, lambda row: row.id)


@dataclass(frozen=True, slots=True)
class Whole:
    """An alert with all that is known of it: `silenced` are the silences by which the like is not told now, `others`
    the other alerts of its story with what was answered to them."""

    row: AlertRow
    owed: Sequence[DeliveryRow]
    answer: Answer | None
    silenced: Sequence[Silence]
    others: Sequence[tuple[AlertRow, Answer | None]]


@dataclass(frozen=True, slots=True)
class Story:
    """A story with its alerts, what was answered to them, and the silences that name it."""

    account: Account
    told: Sequence[tuple[AlertRow, Answer | None]]
    silenced: Sequence[Silence]


def one_alert(store: Store, request: Request, now: Moment) -> Whole:
    """The alert that the address names."""
    name = request.path_params["id"]
    with store.read() as conn:
        row = reports.alert(conn, name) if re.fullmatch(r"[A-Za-z0-9-]{1,100}", name) else None
        if row is None:
            raise HTTPException(404)
        return Whole(
            row,
            reports.deliveries(conn, limit=SIZE, alert=name),
            answers.to_alerts(conn, [name]).get(name),
            about(row.alert, silences.living(conn, now)),
            [(one, answer) for one, answer in of_story(conn, row.alert.story) if one.number != row.number],
        )


def one_story(store: Store, request: Request, now: Moment) -> Story:
    """The story that the address names."""
    name = request.path_params["id"]
    with store.read() as conn:
        found = account(conn, name) if re.fullmatch(r"[A-Za-z0-9-]{1,100}", name) else None
        if found is None:
            raise HTTPException(404)
        silenced = [one for one in silences.living(conn, now) if one.story == name]
        return Story(found, of_story(conn, name), silenced)


def of_story(conn: Connection, story: str) -> list[tuple[AlertRow, Answer | None]]:
    """The newest alerts of a story, with what was answered to each."""
    return answers.with_answers(conn, reports.alerts(conn, limit=TOLD, story=story))


def before_of(request: Request) -> int | None:
    """The number of the last row that was seen."""
    given = request.query_params.get("before")
    if given is None:
        return None
    if not re.fullmatch(r"[0-9]{1,18}", given, re.ASCII):
        raise HTTPException(400, "In an address, before= is followed by the number of a row.")
    return int(given)


def listing(request: Request, rows: Sequence[Row], number: Callable[[Row], int]) -> Listing[Row]:
    """The page, of rows that are one more than fit if there is a next one."""
    if len(rows) <= SIZE:
        return Listing(rows, "")
    shown = rows[:SIZE]
    kept = {name: value for name, value in request.query_params.items() if name in ("rule", "story", "state")}
    query = urlencode({**kept, "before": number(shown[-1])})
    return Listing(shown, f"{request.scope['path']}?{query}")
