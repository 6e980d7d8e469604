"""API: the alerts, one alert, and the answer to it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field
from starlette.exceptions import HTTPException

from monitor.actions import record_feedback
from monitor.alerts.feedback import Feedback, FeedbackKind
from monitor.deliver.headline import alert_headline
from monitor.listings import delivery_json, feedback_json, silence_json
from monitor.model import ChangeKind, Novelty, Severity
from monitor.serialize import alert_to_json
from monitor.store import feedback
from monitor.store.reports.alert_filter import AlertFilter, load_filtered_page
from monitor.store.reports.alerts import AlertRow
from monitor.web.api_deliveries import DeliveryItem
from monitor.web.api_operation import Call, Operation
from monitor.web.api_schema import (
    DEFAULT_LIMIT,
    ApiModel,
    Before,
    IsoTime,
    Limit,
    OlderPage,
    TimeText,
    parse_moment,
)
from monitor.web.api_silences import SilenceItem
from monitor.web.endpoint import Site
from monitor.web.listings import alert_detail
from monitor.web.visitor import current_visitor

NAME_CHARS = 300


class ChangeItem(ApiModel):
    kind: ChangeKind
    before: str
    after: str


class PriorItem(ApiModel):
    """An earlier claim, or the same claim elsewhere."""

    text: str
    source: str
    at: IsoTime
    entry: str
    story: str
    title: str
    heading: str
    gone: IsoTime | None
    url: str


class PointItem(ApiModel):
    """A figure at a time."""

    at: IsoTime
    value: float
    text: str
    source: str


class EvidenceItem(ApiModel):
    """What decided about the novelty."""

    basis: str
    unsaid: list[str]
    closest: str | None
    together_with: list[str]


class FindingItem(ApiModel):
    """A claim that an alert is about, as in the webhook."""

    claim: str
    novelty: Novelty
    similarity: float
    matched: list[str]
    source: str
    entry: str
    entry_title: str
    heading: str
    entry_url: str
    published: IsoTime
    story: str
    bundle: str | None
    nearest: PriorItem | None
    changes: list[ChangeItem]
    history: list[PointItem]
    also_said_by: list[PriorItem]
    evidence: EvidenceItem | None
    also_on: list[PriorItem]
    figures: list[PointItem]


class AlertItem(ApiModel):
    """The webhook's `data`, with `number`, which `before` takes, the update that caused it, and the last answer."""

    number: int
    update: int | None
    answer: FeedbackKind | None
    id: str
    since_last: str | None
    rule: str
    title: str
    headline: str
    severity: Severity
    story: str
    reason: str
    counted: str | None
    url: str
    web_url: str | None
    at: IsoTime
    findings: list[FindingItem]
    confirms: list[str]


class AnswerItem(ApiModel):
    """The last answer to an alert."""

    said: FeedbackKind
    at: IsoTime
    by: str
    note: str


class AlertPage(OlderPage):
    alerts: list[AlertItem]


class AlertDetails(AlertItem):
    """An alert with its deliveries, the active silences that cover it, and who answered."""

    deliveries: list[DeliveryItem]
    silenced: list[SilenceItem]
    feedback: AnswerItem | None


class AlertQuery(ApiModel):
    rule: str | None = Field(None, max_length=NAME_CHARS)
    severity: Severity | None = None
    source: str | None = Field(None, max_length=NAME_CHARS, description="The source of the update that caused it")
    story: str | None = Field(None, max_length=NAME_CHARS)
    q: str | None = Field(None, max_length=500, description="Words that the alert contains")
    since: TimeText = None
    until: TimeText = None
    answered: Literal["yes", "no", "ack", "not-news"] | None = None
    before: Before = None
    limit: Limit = DEFAULT_LIMIT


class NewAnswer(ApiModel):
    """The answer `ack`: it was news; `not news`: similar alerts are muted until a fact changes."""

    answer: Literal["ack", "not news"]
    note: str = Field("", max_length=1000)
    by: str = Field("", max_length=100, description="Default: the user that the proxy names, or `api`")


def get_alerts(site: Site, call: Call) -> AlertPage:
    query: AlertQuery = call.query
    now = site.clock()
    conditions = AlertFilter(
        rule=query.rule,
        severity=query.severity and str(query.severity),
        source=query.source,
        story=query.story,
        since=parse_moment(query.since, "since", now),
        until=parse_moment(query.until, "until", now),
        answered=query.answered,
        text=query.q,
    )
    with site.store.read() as conn:
        rows = load_filtered_page(conn, conditions, limit=query.limit + 1, before=query.before)
        answers = feedback.feedback_by_alert(conn, [row.alert.id for row in rows])
    page = rows[: query.limit]
    items = [AlertItem.model_validate(alert_fields(site, row, answers.get(row.alert.id))) for row in page]
    return AlertPage(alerts=items, older=call.older(page[-1].number if len(rows) > query.limit else None))


def get_alert(site: Site, call: Call) -> AlertDetails:
    now = site.clock()
    detail = alert_detail(site.store, call.request, now)
    fields = alert_fields(site, detail.row, detail.answer) | {
        "deliveries": [delivery_json(delivery, now) for delivery in detail.deliveries],
        "silenced": [silence_json(silence, now) for silence in detail.active_silences],
        "feedback": detail.answer and feedback_json(detail.answer),
    }
    return AlertDetails.model_validate(fields)


def post_answer(site: Site, call: Call) -> AnswerItem:
    body: NewAnswer = call.body
    author = body.by.strip() or current_visitor().author
    answer = Feedback(call.path["id"], FeedbackKind(body.answer), site.clock(), author, body.note.strip())
    recorded = record_feedback(site.store, answer, site.memory)
    if recorded is None:
        raise HTTPException(404, "There is no such alert.")
    return AnswerItem.model_validate(feedback_json(recorded.feedback))


def alert_fields(site: Site, row: AlertRow, answer: Feedback | None) -> dict[str, Any]:
    """Return the fields of AlertItem."""
    return {
        "number": row.number,
        "update": row.update_id,
        "answer": answer and answer.kind,
        **alert_to_json(row.alert),
        "headline": alert_headline(row.alert),
        "web_url": alert_address(site, row.alert.id),
    }


def alert_address(site: Site, alert_id: str) -> str | None:
    """Return the public address of the alert's page; None without `url` under [web]."""
    return f"{site.web_url}/alerts/{alert_id}" if site.web_url else None


OPERATIONS = (
    Operation("GET", "/alerts", "listAlerts", "The alerts, newest first", get_alerts, AlertPage, AlertQuery),
    Operation("GET", "/alerts/{id}", "getAlert", "One alert", get_alert, AlertDetails, errors=(404,)),
    Operation(
        "POST",
        "/alerts/{id}/answer",
        "answerAlert",
        "Answer an alert, as the buttons on its page do; a later answer replaces an earlier one",
        post_answer,
        AnswerItem,
        body=NewAnswer,
        errors=(404,),
    ),
)
