"""API: search the ledger."""

from __future__ import annotations

from pydantic import Field
from starlette.exceptions import HTTPException

from monitor.errors import MonitorError
from monitor.listings import found_claim_json
from monitor.ruleset.search import parse_search
from monitor.store.history import find_update_saying
from monitor.store.reports.claim_search import ClaimSearch, search_page
from monitor.web.api_context import aliases_in_use
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
from monitor.web.endpoint import SLOW_TIMEOUT_S, Site, error_sentence

SEARCH_S = 10.0  # then the page ends, and `older` continues


class ClaimItem(ApiModel):
    """A claim as in `monitor search --json`: its first saying, and who else has said it."""

    claim: str
    at: IsoTime
    update: int | None
    source: str
    entry: str
    title: str
    heading: str
    story: str
    matched: list[str]
    sayings: int
    sources: list[str]
    gone: bool


class ClaimPage(OlderPage):
    """Matching claims, newest first. A page may have fewer than `limit`, even none, if the search takes long."""

    claims: list[ClaimItem]


class SearchQuery(ApiModel):
    q: str = Field(min_length=1, max_length=2000, description="A query, as in rules")
    source: str | None = Field(None, max_length=300)
    since: TimeText = None
    before: Before = None
    limit: Limit = DEFAULT_LIMIT


def get_claims(site: Site, call: Call) -> ClaimPage:
    query: SearchQuery = call.query
    try:
        parsed = parse_search(query.q, aliases_in_use(site))
    except MonitorError as error:
        raise HTTPException(400, error_sentence(error)) from None
    since = parse_moment(query.since, "since", site.clock())
    with site.store.read() as conn:
        wanted = ClaimSearch(parsed, query.source, since)
        page = search_page(conn, wanted, limit=query.limit, seconds=SEARCH_S, before=query.before)
        items = [found_claim_json(claim, find_update_saying(conn, claim.sayings[0])) for claim in page.claims]
    return ClaimPage(claims=[ClaimItem.model_validate(fields) for fields in items], older=call.older(page.before))


OPERATIONS = (
    Operation(
        "GET",
        "/search",
        "searchClaims",
        "The claims of the ledger that match a query, newest first",
        get_claims,
        ClaimPage,
        SearchQuery,
        timeout_s=SLOW_TIMEOUT_S,
    ),
)
