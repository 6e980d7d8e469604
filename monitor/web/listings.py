"""What an address asks of the store: one page of a listing, newest first, or one alert."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request

from monitor.alerts.feedback import Feedback
from monitor.alerts.silences import Silence, silences_about
from monitor.alerts.story_summary import StorySummary
from monitor.model import Moment
from monitor.store import feedback, silences
from monitor.store.base import Store
from monitor.store.reports import alerts
from monitor.store.reports.alerts import AlertRow, find_alert, load_alert_page
from monitor.store.reports.deliveries import DeliveryRow, load_delivery_page
from monitor.store.story_summary import load_story_summary

if TYPE_CHECKING:
    from sqlalchemy import Connection

Row = TypeVar("Row")

ROWS_PER_PAGE = 50  # rows on a page
MAX_RELATED_ALERTS = 20  # alerts of a story beside something else
DELIVERY_STATES = ("pending", "retrying", "sent", "dead")


@dataclass(frozen=True, slots=True)
class ListingPage(Generic[Row]):
    """One page of rows; `older` is the address of the next page, "" on the last."""

    rows: Sequence[Row]
    older: str


def alert_listing(store: Store, request: Request) -> ListingPage[AlertRow]:
    """The alerts that `?rule=`, `?story=` and `?before=` ask for."""
    before, rule, story = parse_before(request), request.query_params.get("rule"), request.query_params.get("story")
    with store.read() as conn:
        rows = load_alert_page(conn, limit=ROWS_PER_PAGE + 1, before=before, rule=rule, story=story)
    return paginate(request, rows, lambda row: row.number)


def delivery_listing(store: Store, request: Request) -> ListingPage[DeliveryRow]:
    """The deliveries that `?state=` and `?before=` ask for."""
    before, state = parse_before(request), request.query_params.get("state")
    if state not in (None, *DELIVERY_STATES):
        raise HTTPException(400, f"A delivery's state is one of {', '.join(DELIVERY_STATES)}.")
    with store.read() as conn:
        rows = load_delivery_page(
            conn, limit=ROWS_PER_PAGE + 1, before=before, states=None if state is None else [state]
        )
    return paginate(request, rows, lambda row: row.id)


@dataclass(frozen=True, slots=True)
class AlertDetail:
    """An alert with all that is known of it: `silenced` are the silences by which the like is not told now, `others`
    the other alerts of its story with what was answered to them."""

    row: AlertRow
    deliveries: Sequence[DeliveryRow]
    answer: Feedback | None
    active_silences: Sequence[Silence]
    related_alerts: Sequence[tuple[AlertRow, Feedback | None]]


@dataclass(frozen=True, slots=True)
class StoryDetail:
    """A story with its alerts, what was answered to them, and the silences that name it."""

    summary: StorySummary
    alerts_with_answers: Sequence[tuple[AlertRow, Feedback | None]]
    active_silences: Sequence[Silence]


def alert_detail(store: Store, request: Request, now: Moment) -> AlertDetail:
    """The alert that the address names."""
    alert_id = request.path_params["id"]
    with store.read() as conn:
        row = find_alert(conn, alert_id) if re.fullmatch(r"[A-Za-z0-9-]{1,100}", alert_id) else None
        if row is None:
            raise HTTPException(404)
        return AlertDetail(
            row,
            load_delivery_page(conn, limit=ROWS_PER_PAGE, alert_id=alert_id),
            feedback.feedback_by_alert(conn, [alert_id]).get(alert_id),
            silences_about(row.alert, silences.load_active_silences(conn, now)),
            [
                (related, answer)
                for related, answer in story_alerts(conn, row.alert.story)
                if related.number != row.number
            ],
        )


def story_detail(store: Store, request: Request, now: Moment) -> StoryDetail:
    """The story that the address names."""
    story_id = request.path_params["id"]
    with store.read() as conn:
        summary = load_story_summary(conn, story_id) if re.fullmatch(r"[A-Za-z0-9-]{1,100}", story_id) else None
        if summary is None:
            raise HTTPException(404)
        active_silences = [
            silence for silence in silences.load_active_silences(conn, now) if silence.story == story_id
        ]
        return StoryDetail(summary, story_alerts(conn, story_id), active_silences)


def story_alerts(conn: Connection, story: str) -> list[tuple[AlertRow, Feedback | None]]:
    """The newest alerts of a story, with what was answered to each."""
    return alerts.with_feedback(conn, load_alert_page(conn, limit=MAX_RELATED_ALERTS, story=story))


def parse_before(request: Request) -> int | None:
    """The number of the last row that was seen."""
    text = request.query_params.get("before")
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,18}", text, re.ASCII):
        raise HTTPException(400, "In an address, before= is followed by the number of a row.")
    return int(text)


def paginate(request: Request, rows: Sequence[Row], number_of: Callable[[Row], int]) -> ListingPage[Row]:
    """The page, of rows that are one more than fit if there is a next one."""
    if len(rows) <= ROWS_PER_PAGE:
        return ListingPage(rows, "")
    page_rows = rows[:ROWS_PER_PAGE]
    kept_params = {name: value for name, value in request.query_params.items() if name in ("rule", "story", "state")}
    query = urlencode({**kept_params, "before": number_of(page_rows[-1])})
    return ListingPage(page_rows, f"{request.scope['path']}?{query}")
