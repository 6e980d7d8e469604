"""API: search the ledger."""

from __future__ import annotations

import time

from pydantic import Field
from starlette.exceptions import HTTPException

from monitor.errors import MonitorError
from monitor.ledger_search import FoundClaim, search_claims
from monitor.listings import found_claim_json
from monitor.ruleset.search import parse_search
from monitor.web.api_context import aliases_in_use
from monitor.web.api_operation import Call, Operation
from monitor.web.api_schema import DEFAULT_LIMIT, ApiModel, Before, IsoTime, Limit, OlderPage
from monitor.web.endpoint import SLOW_TIMEOUT_S, Site

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
    before: Before = None
    limit: Limit = DEFAULT_LIMIT


def get_claims(site: Site, call: Call) -> ClaimPage:
    query: SearchQuery = call.query
    try:
        parsed = parse_search(query.q, aliases_in_use(site))
    except MonitorError as error:
        raise HTTPException(400, f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
    deadline, found, older = time.monotonic() + SEARCH_S, list[FoundClaim](), None
    with site.store.read() as conn:
        for step in search_claims(conn, parsed, query.before):
            if isinstance(step, FoundClaim):
                found.append(step)
                if len(found) > query.limit:
                    older = found[query.limit - 1].number
                    break
            elif time.monotonic() > deadline:
                older = step
                break
    items = [ClaimItem.model_validate(found_claim_json(claim)) for claim in found[: query.limit]]
    return ClaimPage(claims=items, older=call.older(older))


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
