"""Add a source by the address of its site: find its feeds, show what they hold, and add one to the config.

The search for feeds requests pages of other sites, so it is a POST, although it changes nothing here.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from functools import partial

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from monitor.config.fields import validate_web_address
from monitor.config_file.append import append_blocks, names_by_url, source_block, unique_source_name
from monitor.deliver.finding_context import MAX_NAME_CHARS, MAX_SHOWN_REASON_CHARS, MAX_TITLE_CHARS
from monitor.deliver.sanitize import safe_web_link, sanitize, shorten
from monitor.errors import MonitorError, SourceError
from monitor.model import Entry
from monitor.sources.discover import DiscoveredFeed
from monitor.sources.parse.dates import unless_far_ahead
from monitor.sources.parse.identity import canonical_url, oldest_first
from monitor.web.api_context import config_in_use
from monitor.web.done import done_redirect
from monitor.web.endpoint import (
    PAGE_TIMEOUT_S,
    AsyncEndpoint,
    Site,
    async_page_endpoint,
    error_sentence,
    run_page,
)
from monitor.web.forms import check_form, read_form
from monitor.web.page_context import PageContext, past_time_context, source_path
from monitor.web.params import read_params
from monitor.web.views import render_page

DISCOVERY_S = 25.0  # for all addresses that are tried
MAX_ADDRESS_CHARS, MAX_SOURCE_NAME_CHARS, MAX_TAGS = 2_000, 100, 20
MAX_PREVIEW_ENTRIES = 5  # of each feed, the newest
BUSY_TEXT = "Another address is being searched. Try again in a few seconds."
NO_FEED_TEXT = "No feed was found there."
NO_DAEMON_TEXT = "This server cannot request other sites: no daemon runs here."
NOTHING: PageContext = {"address": "", "fault": "", "feeds": [], "table": "", "page_table": "", "config_name": ""}


def show_form(site: Site, request: Request) -> Response:
    """Show the form for an address."""
    read_params(request, ())
    return add_page(site, {})


def add_page(site: Site, parts: PageContext, status: int = 200) -> Response:
    """Render the page; `parts` replace those of NOTHING."""
    config_name = config_in_use(site).path.name if site.config else "config.toml"
    context = {"current_page": "sources"} | NOTHING | {"config_name": config_name} | parts
    return render_page(site, "source_add.html", context, status)


def discovery_endpoint(site: Site) -> AsyncEndpoint:
    """Return the endpoint that looks for feeds, for one visitor at a time. No page waits for it."""
    searching = asyncio.Lock()

    async def respond(request: Request) -> Response:
        request.state.form = await read_form(request)
        check_form(request)
        if site.discover is None:
            raise HTTPException(503, NO_DAEMON_TEXT)
        address = wanted_address(request.state.form)
        if searching.locked():
            raise HTTPException(503, BUSY_TEXT)
        async with searching:
            feeds, fault = await find_feeds(site, address)
        render = partial(show_feeds, address=address, feeds=feeds, fault=fault)
        return await run_page(PAGE_TIMEOUT_S, site, render, request)

    return async_page_endpoint(respond)


def wanted_address(form: Mapping[str, str]) -> str:
    """Return the address of the form, with a scheme. Raise HTTPException 400 if it is none."""
    address = form.get("address", "").strip()
    address = address if "://" in address else f"https://{address}"
    try:
        if len(address) > MAX_ADDRESS_CHARS:
            raise ValueError
        return validate_web_address(address)
    except ValueError:
        raise HTTPException(400, "Enter the address of a site or a feed, such as https://example.org.") from None


async def find_feeds(site: Site, address: str) -> tuple[Sequence[DiscoveredFeed], str]:
    """Return the feeds of a site, or why there are none."""
    assert site.discover
    try:
        async with asyncio.timeout(DISCOVERY_S):
            feeds = await site.discover(address)
    except SourceError as error:
        return (), sanitize(error_sentence(error))
    except TimeoutError:
        return (), f"The site did not answer all requests within {DISCOVERY_S:.0f} seconds."
    return feeds, "" if feeds else NO_FEED_TEXT


def show_feeds(
    site: Site, _request: Request, *, address: str, feeds: Sequence[DiscoveredFeed], fault: str
) -> Response:
    """Show the feeds that were found, each with a form that adds it."""
    config = config_in_use(site)
    taken, known = [source.name for source in config.sources], names_by_url(config.sources)
    title = address.partition("//")[2]
    page_block = source_block(unique_source_name(title, taken), address, options={"kind": "page"})
    parts = {
        "address": address,
        "fault": shorten(fault, MAX_SHOWN_REASON_CHARS),
        "feeds": [feed_context(site, feed, taken, known) for feed in feeds],
        "page_table": page_block if fault == NO_FEED_TEXT else "",
    }
    return add_page(site, parts)


def feed_context(
    site: Site, candidate: DiscoveredFeed, taken: Sequence[str], known: Mapping[str, str]
) -> PageContext:
    """A feed with its newest entries; `known_as` is the name of the source that has this address already."""
    entries = candidate.feed.entries
    known_as = known.get(canonical_url(candidate.url), "")
    return {
        "title": shorten(sanitize(candidate.feed.title), MAX_TITLE_CHARS),
        "url": candidate.url,
        "link": safe_web_link(candidate.url),
        "address": shorten(sanitize(candidate.url.partition("//")[2]), MAX_NAME_CHARS * 2),
        "count": len(entries),
        "newest": [preview(site, entry) for entry in reversed(oldest_first(entries)[-MAX_PREVIEW_ENTRIES:])],
        "name": unique_source_name(candidate.feed.title, taken),
        "known_as": shorten(sanitize(known_as), MAX_NAME_CHARS),
        "known_path": source_path(known_as) if known_as else "",
    }


def preview(site: Site, entry: Entry) -> PageContext:
    now = site.clock()
    return {
        "title": shorten(sanitize(entry.title or entry.url or entry.key), MAX_TITLE_CHARS),
        "url": safe_web_link(entry.url),
        "published": past_time_context(unless_far_ahead(entry.published, now), site.timezone, now),
    }


def add_source(site: Site, request: Request) -> Response:
    """Add the chosen feed to the config; if that cannot be changed, show the table to add."""
    form: Mapping[str, str] = request.state.form
    config, url = config_in_use(site), form.get("url", "")
    name = " ".join(form.get("name", "").split())[:MAX_SOURCE_NAME_CHARS]
    tags = [tag for text in form.get("tags", "").split(",") if (tag := " ".join(text.split()))][:MAX_TAGS]
    if not (name and url and url.isprintable()):
        raise HTTPException(400, "Enter a name for the source.")
    if known := names_by_url(config.sources).get(canonical_url(url)):
        raise HTTPException(409, f"This address is in the config already, as {sanitize(known)}.")
    block = source_block(name, url, tags)
    try:
        append_blocks(config.path, [block], os.environ)
    except MonitorError as error:
        fault = shorten(sanitize(error_sentence(error)), MAX_SHOWN_REASON_CHARS)
        return add_page(site, {"address": url, "fault": fault, "table": block}, 409)
    return done_redirect(site, "/sources", "added")


GET_ROUTES = {"/add-source": show_form}
POST_ROUTES = {"/add-source/feed": add_source}
ASYNC_POST_ROUTES = {"/add-source": discovery_endpoint}
