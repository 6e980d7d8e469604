"""Search of the ledger in the query language of rules, with the matched words marked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from monitor.deliver.display_time import format_time
from monitor.deliver.finding_context import MAX_NAME_CHARS, MAX_TITLE_CHARS
from monitor.deliver.sanitize import safe_web_link, sanitize, shorten
from monitor.model import PriorClaim
from monitor.ruleset.query.nodes import Query
from monitor.ruleset.search import InvalidQuery, parse_search
from monitor.store.reports.claim_search import ClaimSearch, FoundClaim, SearchPage, search_page
from monitor.store.reports.coverage import configured_names
from monitor.web.alert_list import MAX_CHOICES, with_current
from monitor.web.endpoint import Site
from monitor.web.page_context import PageContext, matched_pieces
from monitor.web.params import page_url, parse_moment, parse_row_number, read_params
from monitor.web.views import render_page

PARAMS = ("q", "source", "since", "before")
RESULTS_PER_PAGE = 30
SEARCH_S = 0.15  # after that the page shows what was found so far, and a link to continue
EXAMPLES = ("ferry OR bridge*", '"state of emergency"', "earthquake* AND NOT drill*", "deaths > 100")


@dataclass(frozen=True, slots=True)
class QueryFault:
    """A fault of a query: the text up to it, the character at it, the text after it, and what is wrong."""

    before: str
    at: str
    after: str
    message: str
    caret: str


def search(site: Site, request: Request) -> Response:
    """Show the form, and the claims that match."""
    params = read_params(request, PARAMS)
    since = parse_moment(params, "since", site.clock(), site.timezone)
    before = parse_row_number(params, "before")
    text = params.get("q", "")
    query, fault = parse_page_query(site, text)
    page: SearchPage | None = None
    with site.store.read() as conn:
        sources = with_current(configured_names(conn, MAX_CHOICES + 1), params.get("source"))
        if query is not None:
            wanted = ClaimSearch(query, params.get("source"), since)
            page = search_page(conn, wanted, limit=RESULTS_PER_PAGE, seconds=SEARCH_S, before=before)
    context: PageContext = {
        "current_page": "search",
        "q": text,
        "source": sanitize(params.get("source", "")),
        "since": sanitize(params.get("since", "")),
        "source_choices": sources,
        "fault": fault,
        "results": [result_context(site, claim) for claim in page.claims] if page else [],
        "has_searched": page is not None,
        "examples": [{"text": example, "path": page_url("/search", {"q": example})} for example in EXAMPLES],
        **continuation(site, page, params),
    }
    return render_page(site, "search.html", context)


def parse_page_query(site: Site, text: str) -> tuple[Query | None, QueryFault | None]:
    """Return the query, or what is wrong with it; neither without a text."""
    if not text:
        return None, None
    try:
        return parse_search(text, site.aliases()), None
    except InvalidQuery as error:
        offset = min(error.offset, len(text))
        parts = (text[:offset], text[offset : offset + 1], text[offset + 1 :])
        return None, QueryFault(*parts, sanitize(error.fault), f"character {offset + 1}")


def continuation(site: Site, page: SearchPage | None, params: Mapping[str, str]) -> PageContext:
    """Return the link to the claims that have not been searched, and how far the search came."""
    kept = {name: params[name] for name in ("q", "source", "since") if name in params}
    is_full = page is not None and len(page.claims) == RESULTS_PER_PAGE
    return {
        "newest": page_url("/search", kept) if "before" in params else "",
        "older": page_url("/search", {**kept, "before": page.before}) if page and page.before else "",
        "is_full": is_full,
        "searched": page.searched if page else 0,
        "reached": format_time(page.reached, site.timezone) if page and page.reached is not None else "",
    }


def result_context(site: Site, claim: FoundClaim) -> PageContext:
    """One claim: its text in pieces, who said it first, and who else did."""
    first = claim.sayings[0]
    others = list(dict.fromkeys(saying.source for saying in claim.sayings if saying.source != first.source))
    return {
        "pieces": matched_pieces(first.text, claim.matched),
        "source": shorten(sanitize(first.source), MAX_NAME_CHARS),
        "url": safe_web_link(first.url),
        "title": shorten(sanitize(first.title), MAX_TITLE_CHARS),
        "heading": shorten(sanitize(first.heading), MAX_TITLE_CHARS),
        "at": format_time(first.at, site.timezone),
        "story_path": story_path(first),
        "others": [shorten(sanitize(name), MAX_NAME_CHARS) for name in others[:3]],
        "more": max(0, len(others) - 3),
        "is_gone": all(saying.withdrawn_at is not None for saying in claim.sayings),
    }


def story_path(saying: PriorClaim) -> str:
    return f"/stories/{saying.story}" if saying.story else ""


GET_ROUTES = {"/search": search}
