"""`monitor sources test`: show the claims that would be stored for a source."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.complete_values import complete_sources
from monitor.cli.options import config_option, json_option, load_config
from monitor.cli.output import iso_utc, show_json, terminal_safe
from monitor.errors import MonitorError, ParseError, SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.config.models import Config, SourceConfig
    from monitor.model import Claim, Entry
    from monitor.net.response import Response
    from monitor.net.robots import Robots
    from monitor.sources.parse.feed import Feed
    from monitor.sources.parse.pool import ParserPool

MAX_PREVIEW_ARTICLES = 5  # to read, for a source with full_text

EntriesWithClaims = list[tuple["Entry", tuple["Claim", ...]]]


@click.command("test")
@click.argument("source", metavar="NAME|URL", shell_complete=complete_sources)
@config_option
@json_option
@click.pass_context
def test_command(ctx: click.Context, source: str, path: Path, as_json: bool) -> None:
    """Show the claims of a source without storing them. Also takes the URL of a feed or page."""
    import asyncio

    config = load_config(path)
    source_config = _find_source(config, source)
    try:
        entries, article_errors = asyncio.run(_fetch_entries(config, source_config))
    except SourceError as error:
        click.echo(f"monitor: {terminal_safe(str(error))}", err=True)
        ctx.exit(1)
    for message in article_errors:
        click.echo(f"article not read: {terminal_safe(message)}", err=True)
    entries_with_claims = _split_entries(entries, source_config)
    if as_json:
        show_json([_entry_json(entry, claims) for entry, claims in entries_with_claims])
    else:
        _show_entries(entries_with_claims)


def _find_source(config: Config, name_or_url: str) -> SourceConfig:
    """Return the source of that name, or one for a URL. Raise MonitorError if it is neither."""
    from monitor.config.models import SourceConfig
    from monitor.config_file.problems import closest_hint

    sources_by_name = {source.name: source for source in config.sources}
    if name_or_url in sources_by_name:
        return sources_by_name[name_or_url]
    if "://" not in name_or_url:
        raise MonitorError(f'unknown source "{name_or_url}"{closest_hint(name_or_url, sources_by_name)}')
    try:
        return SourceConfig(name="test", url=name_or_url)
    except ValueError:
        raise MonitorError("expected a URL that starts with https:// or http://") from None


async def _fetch_entries(config: Config, source: SourceConfig) -> tuple[list[Entry], list[str]]:
    """Return the current entries of a source, and the errors of articles it links to.

    A URL that is not in the config and not a feed is read as a page.
    """
    from monitor.net.failures import naming_proxy
    from monitor.net.fetcher import Fetcher
    from monitor.net.network import open_network
    from monitor.net.robots import Robots
    from monitor.runtime import open_browser
    from monitor.sources.fetch import fetch_source
    from monitor.sources.parse.pool import ParserPool
    from monitor.sources.request import source_request

    user_agent, network = config.monitor.user_agent, open_network(config.network)
    async with Fetcher(user_agent=user_agent, network=network) as fetcher, ParserPool() as parser:
        robots, browser = Robots(fetcher, user_agent), open_browser(config, network)
        response = await fetch_source(source, source_request(source), fetcher=fetcher, robots=robots, browser=browser)
        with naming_proxy(response.proxy):
            feed = await _parse_response(parser, response, source, is_configured=source in config.sources)
        if source.full_text:
            return await _with_articles(robots, parser, source, feed.entries)
        return list(feed.entries), []


async def _parse_response(
    parser: ParserPool, response: Response, source: SourceConfig, *, is_configured: bool
) -> Feed:
    from monitor.sources.parse.options import ParseOptions, source_parse_options

    body, content_type, url = response.body or b"", response.content_type, response.url
    try:
        return await parser.parse(source_parse_options(source), body, content_type, url)
    except ParseError:
        if is_configured:
            raise
        return await parser.parse(ParseOptions("page", source.url), body, content_type, url)


async def _with_articles(
    robots: Robots, parser: ParserPool, source: SourceConfig, entries: Sequence[Entry]
) -> tuple[list[Entry], list[str]]:
    """Return the newest entries with their articles, and the errors; reading all would take too long."""
    from monitor.sources.full_text import fetch_articles
    from monitor.sources.parse.identity import oldest_first

    result = await fetch_articles(robots, parser, source, oldest_first(entries)[-MAX_PREVIEW_ARTICLES:])
    return [*result.fetched, *(entry for entry, _ in result.failed)], [message for _, message in result.failed]


def _split_entries(entries: Sequence[Entry], source: SourceConfig) -> EntriesWithClaims:
    from monitor.text.split import compile_pattern, split_claims

    ignore = tuple(map(compile_pattern, source.ignore))
    return [(entry, split_claims(entry.title, entry.article or entry.body, ignore)) for entry in entries]


def _entry_json(entry: Entry, claims: tuple[Claim, ...]) -> dict[str, Any]:
    import time

    from monitor.sources.parse.dates import unless_far_ahead

    return {
        "entry": entry.key,
        "title": entry.title,
        "url": entry.url,
        "published": iso_utc(unless_far_ahead(entry.published, time.time())),
        "claims": [
            {"text": claim.text, "role": claim.role, "heading": claim.heading, "quiet": claim.noise}
            for claim in claims
        ],
    }


def _show_entries(entries_with_claims: EntriesWithClaims) -> None:
    """Print each entry with its claims, and why some are never news."""
    for entry, claims in entries_with_claims:
        click.echo(f"{terminal_safe(entry.title or entry.key)}  {terminal_safe(entry.url)}")
        for claim in claims:
            noise_note = f"  ({claim.noise}: never news)" if claim.noise else ""
            click.echo(f"  {claim.role:<9}{terminal_safe(claim.text)}{noise_note}")
    if not entries_with_claims:
        click.echo("no entries")
