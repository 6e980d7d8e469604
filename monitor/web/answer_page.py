"""The page behind the answer links in messages: it shows the alert and one button, and the button records the answer.

Opening the page changes nothing: mail scanners and Slack open links before people do. The token in the path is all
that the page asks for. A form of another site cannot contain it, so this form is accepted from any origin: browsers
send `Origin: null` from a page without a referrer. The page has no navigation, and it shows only what the message
said.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from monitor.actions import record_feedback
from monitor.alerts.answer_links import AnswerLink, verify_answer
from monitor.alerts.feedback import Feedback, FeedbackKind
from monitor.deliver.headline import alert_headline
from monitor.errors import ExpiredLink, LinkError
from monitor.model import Alert
from monitor.store.feedback import feedback_by_alert
from monitor.store.reports.alerts import find_alert
from monitor.store.secret_keys import ANSWER_KEY, load_secret_key
from monitor.web.endpoint import AsyncEndpoint, Site, page_endpoint
from monitor.web.page_context import PageContext, answer_context
from monitor.web.templates import html_response

ANSWERED_BY = "link"  # `Feedback.by` of an answer that was given here
LINK_PAGE_HEADERS = {"referrer-policy": "no-referrer", "x-robots-tag": "noindex, nofollow"}
FORGED_TEXT = "This link is not valid. It may be incomplete, from a sample message, or older than this monitor's key."
EXPIRED_TEXT = "This link has expired. Answer the alert on its page."
GONE_TEXT = "This alert is no longer stored, so it cannot be answered."
REPEATED_TEXT = "This answer was recorded already."
RECORDED_TEXT = "Your answer is recorded."
QUESTIONS = {
    FeedbackKind.ACK: "Press the button to record that you have seen this alert and that it was news.",
    FeedbackKind.NOT_NEWS: "Press the button to record that this alert was not news. Its rule then does not alert to "
    "similar claims until a fact changes.",
}
BUTTONS = {FeedbackKind.ACK: "Seen: it was news", FeedbackKind.NOT_NEWS: "Not news: mute similar"}


def answer_endpoint(site: Site) -> AsyncEndpoint:
    """Return the endpoint of answer links. No response is cached, indexed, or named as a referrer."""
    respond_with_page = page_endpoint(site, answer_page, has_form_token=False)

    async def respond(request: Request) -> Response:
        response = await respond_with_page(request)
        response.headers.update(LINK_PAGE_HEADERS)
        return response

    return respond


def answer_page(site: Site, request: Request) -> Response:
    """Show the alert of a link with a button; a POST records the answer. Refuse a link that is forged or expired."""
    try:
        with site.store.read() as conn:
            key = load_secret_key(conn, ANSWER_KEY)
        link = verify_answer(key, request.path_params["token"], site.clock())
    except ExpiredLink as expired:
        return link_page(site, EXPIRED_TEXT, {"alert_path": f"/alerts/{expired.alert_id}"}, 410)
    except LinkError:
        return link_page(site, FORGED_TEXT, {}, 403)
    return submit_answer(site, link) if request.method == "POST" else answer_form(site, link, request)


def answer_form(site: Site, link: AnswerLink, request: Request) -> Response:
    """Show the button, or that its answer was recorded already."""
    with site.store.read() as conn:
        row = find_alert(conn, link.alert_id)
        recorded = feedback_by_alert(conn, [link.alert_id]).get(link.alert_id)
    if row is None:
        return link_page(site, GONE_TEXT, {}, 404)
    if recorded and recorded.kind is link.kind:
        return link_page(site, REPEATED_TEXT, alert_names(site, row.alert, recorded))
    form = {"action": f"/answer/{request.path_params['token']}", "button": BUTTONS[link.kind]}
    return link_page(site, QUESTIONS[link.kind], alert_names(site, row.alert, recorded) | form)


def submit_answer(site: Site, link: AnswerLink) -> Response:
    """Record the answer, unless it is the alert's answer already."""
    answer = Feedback(link.alert_id, link.kind, site.clock(), ANSWERED_BY)
    recorded = record_feedback(site.store, answer, site.memory, keep_same=True)
    with site.store.read() as conn:
        row = find_alert(conn, link.alert_id)
    if recorded is None or row is None:
        return link_page(site, GONE_TEXT, {}, 404)
    sentence = REPEATED_TEXT if recorded.is_repeat else RECORDED_TEXT
    return link_page(site, sentence, alert_names(site, row.alert, recorded.feedback))


def alert_names(site: Site, alert: Alert, recorded: Feedback | None) -> PageContext:
    """Return the names of the page that describe the alert and the answer that is stored."""
    return {
        "headline": alert_headline(alert),
        "severity": str(alert.severity),
        "alert_path": f"/alerts/{alert.id}",
        "answer": recorded and answer_context(recorded, site.timezone),
    }


def link_page(site: Site, sentence: str, names: PageContext, status: int = 200) -> Response:
    """Render the page with a sentence and, if they are in `names`, the alert, its stored answer and the button."""
    empty = {"headline": "", "severity": "info", "alert_path": "", "answer": None, "action": "", "button": ""}
    return html_response("answer.html", {"base": site.base, "sentence": sentence} | empty | names, status)
