"""API: the stories with alerts, and one story."""

from __future__ import annotations

from pydantic import Field

from monitor.alerts.feedback import FeedbackKind
from monitor.listings import iso_seconds, story_summary_json
from monitor.model import Severity
from monitor.store.reports.stories import load_story_page
from monitor.web.api_operation import Call, Operation
from monitor.web.api_schema import DEFAULT_LIMIT, ApiModel, Before, IsoTime, Limit, OlderPage
from monitor.web.endpoint import Site
from monitor.web.listings import story_detail


class StoryItem(ApiModel):
    """A story with alerts. `number` is that of its newest alert, which `before` takes."""

    story: str
    lead: str
    alerts: int
    last_alert: IsoTime
    number: int


class StoryPage(OlderPage):
    stories: list[StoryItem]


class StoryQuery(ApiModel):
    before: Before = None
    limit: Limit = DEFAULT_LIMIT


class StorySource(ApiModel):
    """A source of a story; `copies` is the source that it only repeats."""

    source: str
    at: IsoTime
    url: str
    claims: int
    copies: str | None


class StoryPoint(ApiModel):
    at: IsoTime
    value: float
    text: str
    source: str


class StoryAlert(ApiModel):
    id: str
    at: IsoTime
    rule: str
    severity: Severity
    headline: str
    answer: FeedbackKind | None


class StoryDetails(ApiModel):
    """A story, as in `monitor story --json`: `figures` are series over time, of what `counted` names."""

    story: str
    lead: str
    opened: IsoTime
    last: IsoTime
    independent: int = Field(description="How many independent sources report it")
    sources: list[StorySource]
    figures: list[list[StoryPoint]]
    counted: list[str]
    alerts: list[StoryAlert]


def get_stories(site: Site, call: Call) -> StoryPage:
    query: StoryQuery = call.query
    with site.store.read() as conn:
        rows = load_story_page(conn, limit=query.limit + 1, before=query.before)
    page = rows[: query.limit]
    items = [
        StoryItem(
            story=row.story,
            lead=row.lead,
            alerts=row.alerts,
            last_alert=iso_seconds(row.last_alert) or "",
            number=row.number,
        )
        for row in page
    ]
    return StoryPage(stories=items, older=call.older(page[-1].number if len(rows) > query.limit else None))


def get_story(site: Site, call: Call) -> StoryDetails:
    detail = story_detail(site.store, call.request, site.clock())
    return StoryDetails.model_validate(story_summary_json(detail.summary, detail.alerts_with_answers))


OPERATIONS = (
    Operation(
        "GET",
        "/stories",
        "listStories",
        "The stories with alerts, latest alert first",
        get_stories,
        StoryPage,
        StoryQuery,
    ),
    Operation("GET", "/stories/{id}", "getStory", "One story", get_story, StoryDetails, errors=(404,)),
)
