"""`monitor sources add`, `import` and `export`: add sources to the config, and export them."""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.options import config_option, load_config
from monitor.cli.output import iso_utc, pluralize, terminal_safe
from monitor.errors import MonitorError, ParseError

if TYPE_CHECKING:
    from monitor.config.models import Config
    from monitor.sources.discover import DiscoveredFeed
    from monitor.sources.opml import Subscription

MAX_PREVIEW_ENTRIES = 3  # per feed, the newest


@click.command("add")
@click.argument("url")
@click.option("--name", metavar="NAME", help="Name of the source; default: from the feed title.")
@click.option("--yes", is_flag=True, help="Take the first feed without asking.")
@config_option
@click.pass_context
def add_command(ctx: click.Context, url: str, name: str | None, yes: bool, path: Path) -> None:
    """Find the feeds of the site at URL and add one to the config."""
    import asyncio

    from monitor.config_file.append import names_by_url
    from monitor.sources.parse.identity import canonical_url

    config = load_config(path)
    url = url if "://" in url else f"https://{url}"
    choices = asyncio.run(_discover_feeds(config, url))
    if not choices:
        message = f'no feed found at {url}; to follow the page itself, add it to {path} with kind = "page"'
        click.echo(f"monitor: {terminal_safe(message)}", err=True)
        ctx.exit(1)
    _show_choices(choices)
    choice = choices[0] if yes or not sys.stdin.isatty() else _ask_for_choice(choices)
    if existing_name := names_by_url(config.sources).get(canonical_url(choice.url)):
        raise MonitorError(f"{choice.url} is already in the config, as {existing_name}")
    _add_source(config, name, choice)


async def _discover_feeds(config: Config, url: str) -> list[DiscoveredFeed]:
    from monitor.net.fetcher import Fetcher
    from monitor.net.network import open_network
    from monitor.sources.discover import discover_feeds
    from monitor.sources.parse.pool import ParserPool

    user_agent, network = config.monitor.user_agent, open_network(config.network)
    async with Fetcher(user_agent=user_agent, network=network) as fetcher, ParserPool() as parser:
        return await discover_feeds(fetcher, parser, url)


def _show_choices(choices: list[DiscoveredFeed]) -> None:
    import time

    from monitor.sources.parse.dates import unless_far_ahead
    from monitor.sources.parse.identity import oldest_first

    for number, choice in enumerate(choices, 1):
        entries = choice.feed.entries
        title = choice.feed.title or "untitled"
        click.echo(f"{number}. {terminal_safe(title)} (entries: {len(entries)})  {choice.url}")
        for entry in reversed(oldest_first(entries)[-MAX_PREVIEW_ENTRIES:]):
            published = unless_far_ahead(entry.published, time.time())
            date = f"{(iso_utc(published) or '')[:10]}  " if published else ""
            click.echo(f"     {date}{terminal_safe(entry.title or entry.url)}")


def _ask_for_choice(choices: list[DiscoveredFeed]) -> DiscoveredFeed:
    number: int = click.prompt("Which one", type=click.IntRange(1, len(choices)), default=1)
    return choices[number - 1]


def _add_source(config: Config, name: str | None, choice: DiscoveredFeed) -> None:
    from monitor.config_file.append import append_blocks, source_block, unique_source_name

    used_names = [source.name for source in config.sources]
    source_name = name or unique_source_name(choice.feed.title, used_names)
    append_blocks(config.path, [source_block(source_name, choice.url)], os.environ)
    shown_name = terminal_safe(source_name)
    click.echo(f"added {shown_name} to {config.path}; `monitor sources test {shown_name}` shows its claims")


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@config_option
def import_command(file: Path, path: Path) -> None:
    """Add the feeds of an OPML file to the config."""
    from monitor.config_file.append import append_blocks, names_by_url, source_block, unique_source_name
    from monitor.sources.opml import read_opml
    from monitor.sources.parse.identity import canonical_url

    config = load_config(path)
    try:
        subscriptions = read_opml(file.read_bytes())
    except ParseError as error:
        raise MonitorError(f"{file}: {error}") from None
    known_names, used_names, blocks = names_by_url(config.sources), {source.name for source in config.sources}, []
    for subscription in subscriptions:
        if existing_name := known_names.get(canonical_url(subscription.url)):
            click.echo(terminal_safe(f"skipped {subscription.url}: already in the config, as {existing_name}"))
            continue
        if not subscription.is_feed:
            click.echo(terminal_safe(f'skipped {subscription.url}: not a feed; add it with kind = "page"'))
            continue
        name = unique_source_name(subscription.title, used_names)
        used_names.add(name)
        known_names[canonical_url(subscription.url)] = name
        blocks.append(source_block(name, subscription.url, subscription.tags))
    if blocks:
        append_blocks(config.path, blocks, os.environ)
    click.echo(f"added {pluralize(len(blocks), 'source')} to {path}")


@click.command("export")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@config_option
def export_command(file: Path | None, path: Path) -> None:
    """Export the feeds as OPML. Writes to FILE or to standard output. Never overwrites."""
    from monitor.sources.opml import write_opml

    config = load_config(path)
    subscriptions, skipped = _exportable_sources(config)
    text = write_opml(subscriptions)
    if file is None:
        click.echo(text, nl=False)
    else:
        _write_new_file(file, text)
        click.echo(f"wrote {file} ({pluralize(len(subscriptions), 'feed')})")
    for name, reason in skipped:
        click.echo(f"skipped {terminal_safe(name)}: {reason}", err=True)


def _write_new_file(file: Path, text: str) -> None:
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise MonitorError(f"{file} already exists") from None


def _exportable_sources(config: Config) -> tuple[list[Subscription], list[tuple[str, str]]]:
    """Return the feeds as subscriptions, and the names of skipped sources with the reason."""
    from monitor.sources.opml import Subscription

    # The tables of the file, because URLs in `config` have their secrets filled in.
    source_tables = tomllib.loads(config.path.read_text(encoding="utf-8-sig")).get("sources", [])
    subscriptions: list[Subscription] = []
    skipped: list[tuple[str, str]] = []
    for source, table in zip(config.sources, source_tables, strict=True):
        if source.kind != "feed":
            skipped.append((source.name, f"kind is {source.kind}, not feed"))
        elif "${" in table["url"].replace("$${", ""):
            skipped.append((source.name, "its URL contains a secret"))
        else:
            subscriptions.append(Subscription(source.name, source.url, source.tags))
    return subscriptions, skipped
