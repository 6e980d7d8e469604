"""The two answer buttons below an alert: "seen" and "not news". Both redirect to the alert's page."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from monitor.actions import record_feedback
from monitor.alerts.feedback import Feedback, FeedbackKind
from monitor.web.done import done_redirect
from monitor.web.endpoint import Site
from monitor.web.params import is_stored_id
from monitor.web.visitor import current_visitor

DONE_CODES = {FeedbackKind.ACK: "seen", FeedbackKind.NOT_NEWS: "not-news"}


def acknowledge(site: Site, request: Request) -> Response:
    """Record that the alert was seen and was news."""
    return post_feedback(site, request, FeedbackKind.ACK)


def mark_not_news(site: Site, request: Request) -> Response:
    """Record that the alert was not news, and mute similar ones."""
    return post_feedback(site, request, FeedbackKind.NOT_NEWS)


def post_feedback(site: Site, request: Request, kind: FeedbackKind) -> Response:
    """Record the answer to the alert in the path. Raise HTTPException 404 if it is unknown."""
    alert_id = request.path_params["id"]
    if not is_stored_id(alert_id):
        raise HTTPException(404)
    answer = Feedback(alert_id, kind, site.clock(), current_visitor().author)
    if not record_feedback(site.store, answer, site.memory):
        raise HTTPException(404)
    return done_redirect(site, f"/alerts/{alert_id}", DONE_CODES[kind])


POST_ROUTES = {"/alerts/{id}/ack": acknowledge, "/alerts/{id}/not-news": mark_not_news}
