"""`monitor sources test`: what would be stored of a source, as claims."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.options import config_of, config_option, json_option
from monitor.cli.output import iso, plain, show_json
from monitor.errors import MonitorError, ParseError, SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.config import Config, SourceConfig
    from monitor.model import Claim, Entry
    from monitor.sources.feed import Feed
    from monitor.sources.fetch import Fetched
    from monitor.sources.robots import Robots
    from monitor.sources.worker import Parser

ARTICLES = 5  # of the newest entries, for a source with full_text

Looked = list[tuple["Entry", tuple["Claim", ...]]]


@click.command("test")
@click.argument("source", metavar="NAME|URL")
@config_option
@json_option
@click.pass_context
def test(ctx: click.Context, source: str, path: Path, as_json: bool) -> None:
    """Show what would be stored of a source, or of the feed or page at URL, as claims. Stores nothing."""
    import asyncio

    config = config_of(path)
    chosen = _chosen(config, source)
    try:
        entries, failed = asyncio.run(_read(config, chosen))
    except SourceError as error:
        click.echo(f"monitor: {plain(str(error))}", err=True)
        ctx.exit(1)
    for said in failed:
        click.echo(f"without its article: {plain(said)}", err=True)
    looked = _claims(entries, chosen)
    if as_json:
        show_json([_as_json(entry, claims) for entry, claims in looked])
    else:
        _show(looked)


def _chosen(config: Config, named: str) -> SourceConfig:
    """The source of that name, or one for that address."""
    from monitor.config import SourceConfig
    from monitor.config.problems import closest

    names = {source.name: source for source in config.sources}
    if named in names:
        return names[named]
    if "://" not in named:
        raise MonitorError(f'there is no source "{named}"{closest(named, names)}')
    try:
        return SourceConfig(name="test", url=named)
    except ValueError:
        raise MonitorError("expected an address that begins with https:// or http://") from None


async def _read(config: Config, source: SourceConfig) -> tuple[list[Entry], list[str]]:
    """What the source says now, and what is wrong with articles behind it. An address that no source names and that
    is no feed is read as a page."""
    from monitor.sources.fetch import Fetcher, Request
    from monitor.sources.robots import Robots
    from monitor.sources.worker import Parser

    agent, allowed = config.monitor.user_agent, config.network.allow_private
    async with Fetcher(user_agent=agent, allow_private=allowed) as fetcher, Parser() as parser:
        robots = Robots(fetcher, agent)
        request = Request(source.url, headers=source.headers, auth=source.auth)
        answer = await (robots if source.kind == "page" else fetcher).fetch(request)
        feed = await _parsed(parser, answer, source, named=source in config.sources)
        if source.full_text:
            return await _with_articles(robots, parser, source, feed.entries)
        return list(feed.entries), []


async def _parsed(parser: Parser, answer: Fetched, source: SourceConfig, *, named: bool) -> Feed:
    from monitor.sources.reading import Reading, reading_of

    body, kind, url = answer.body or b"", answer.content_type, answer.url
    try:
        return await parser.parse(reading_of(source), body, kind, url)
    except ParseError:
        if named:
            raise
        return await parser.parse(Reading("page", source.url), body, kind, url)


async def _with_articles(
    robots: Robots, parser: Parser, source: SourceConfig, entries: Sequence[Entry]
) -> tuple[list[Entry], list[str]]:
    """The newest entries with their articles: those of all would take long."""
    from monitor.sources.fulltext import articles
    from monitor.sources.identity import in_order

    found = await articles(robots, parser, source, in_order(entries)[-ARTICLES:])
    return [*found.read, *(entry for entry, _ in found.failed)], [said for _, said in found.failed]


def _claims(entries: Sequence[Entry], source: SourceConfig) -> Looked:
    from monitor.text.pattern import pattern
    from monitor.text.split import split

    ignore = tuple(map(pattern, source.ignore))
    return [(entry, split(entry.title, entry.article or entry.body, ignore)) for entry in entries]


def _as_json(entry: Entry, claims: tuple[Claim, ...]) -> dict[str, Any]:
    return {
        "entry": entry.key,
        "title": entry.title,
        "url": entry.url,
        "published": iso(entry.published),
        "claims": [{"text": c.text, "role": c.role, "heading": c.heading, "quiet": c.quiet} for c in claims],
    }


def _show(looked: Looked) -> None:
    """Each entry with its claims; those that are never news by themselves say why."""
    for entry, claims in looked:
        click.echo(f"{plain(entry.title or entry.key)}  {plain(entry.url)}")
        for claim in claims:
            quiet = f"  ({claim.quiet}: never news)" if claim.quiet else ""
            click.echo(f"  {claim.role:<9}{plain(claim.text)}{quiet}")
    if not looked:
        click.echo("it has no entries now")
