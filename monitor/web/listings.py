"""Load what a request asks for: one alert or story."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
from monitor.web.params import is_stored_id

if TYPE_CHECKING:
    from sqlalchemy import Connection

MAX_SHOWN_DELIVERIES = 50  # of an alert, on its page
MAX_SHOWN_FINDINGS = 2_000  # newest ones of a story, on its page: it must not wait for a story of years
MAX_RELATED_ALERTS = 20  # of a story, on its page and on the pages of its alerts


@dataclass(frozen=True, slots=True)
class AlertDetail:
    """An alert with its deliveries and latest answer, the active silences that cover it, and the other alerts of its
    story with their answers."""

    row: AlertRow
    deliveries: Sequence[DeliveryRow]
    answer: Feedback | None
    active_silences: Sequence[Silence]
    related_alerts: Sequence[tuple[AlertRow, Feedback | None]]


@dataclass(frozen=True, slots=True)
class StoryDetail:
    """A story with its alerts and their answers, and the active silences of the story."""

    summary: StorySummary
    alerts_with_answers: Sequence[tuple[AlertRow, Feedback | None]]
    active_silences: Sequence[Silence]


def alert_detail(store: Store, request: Request, now: Moment) -> AlertDetail:
    """Return the alert in the path. Raise HTTPException if it is unknown."""
    alert_id = request.path_params["id"]
    with store.read() as conn:
        row = find_alert(conn, alert_id) if is_stored_id(alert_id) else None
        if row is None:
            raise HTTPException(404)
        return AlertDetail(
            row,
            load_delivery_page(conn, limit=MAX_SHOWN_DELIVERIES, alert_id=alert_id),
            feedback.feedback_by_alert(conn, [alert_id]).get(alert_id),
            silences_about(row.alert, silences.load_active_silences(conn, now)),
            [pair for pair in story_alerts(conn, row.alert.story) if pair[0].number != row.number],
        )


def story_detail(store: Store, request: Request, now: Moment) -> StoryDetail:
    """Return the story in the path. Raise HTTPException if it is unknown."""
    story_id = request.path_params["id"]
    with store.read() as conn:
        summary = load_story_summary(conn, story_id, MAX_SHOWN_FINDINGS) if is_stored_id(story_id) else None
        if summary is None:
            raise HTTPException(404)
        all_active = silences.load_active_silences(conn, now)
        of_story = [silence for silence in all_active if silence.story == story_id]
        return StoryDetail(summary, story_alerts(conn, story_id), of_story)


def story_alerts(conn: Connection, story: str) -> list[tuple[AlertRow, Feedback | None]]:
    """Return the newest alerts of a story, each with its answer."""
    return alerts.with_feedback(conn, load_alert_page(conn, limit=MAX_RELATED_ALERTS, story=story))
