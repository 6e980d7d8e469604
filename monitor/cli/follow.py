"""`monitor sources add`, `import` and `export`: sources into the config and out of it."""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.options import config_of, config_option
from monitor.cli.output import count, iso, plain
from monitor.errors import MonitorError, ParseError

if TYPE_CHECKING:
    from monitor.config import Config
    from monitor.sources.discover import Found
    from monitor.sources.opml import Subscription

SHOWN = 3  # of the newest entries of a feed


@click.command("add")
@click.argument("url")
@click.option("--name", metavar="NAME", help="What to call it; without it, its title.")
@click.option("--yes", is_flag=True, help="Take the first feed without asking.")
@config_option
@click.pass_context
def add(ctx: click.Context, url: str, name: str | None, yes: bool, path: Path) -> None:
    """Find the feeds of the site at URL and follow one: adds it to the config."""
    import asyncio

    from monitor.sources.identity import canonical

    config = config_of(path)
    url = url if "://" in url else f"https://{url}"
    found = asyncio.run(_discovered(config, url))
    if not found:
        said = f'no feed was found at {url}; to follow the page itself, add it to {path} with kind = "page"'
        click.echo(f"monitor: {plain(said)}", err=True)
        ctx.exit(1)
    _show(found)
    chosen = found[0] if yes or not sys.stdin.isatty() else _ask(found)
    if known := _followed(config).get(canonical(chosen.url)):
        raise MonitorError(f"{chosen.url} is followed already, as {known}")
    _write(config, name, chosen)


async def _discovered(config: Config, url: str) -> list[Found]:
    from monitor.sources.discover import discover
    from monitor.sources.fetch import Fetcher
    from monitor.sources.worker import Parser

    agent, allowed = config.monitor.user_agent, config.network.allow_private
    async with Fetcher(user_agent=agent, allow_private=allowed) as fetcher, Parser() as parser:
        return await discover(fetcher, parser, url)


def _show(found: list[Found]) -> None:
    from monitor.sources.identity import in_order

    for number, one in enumerate(found, 1):
        entries = one.feed.entries
        title = one.feed.title or "without a title"
        click.echo(f"{number}. {plain(title)} (entries: {len(entries)})  {one.url}")
        for entry in reversed(in_order(entries)[-SHOWN:]):
            date = f"{(iso(entry.published) or '')[:10]}  " if entry.published else ""
            click.echo(f"     {date}{plain(entry.title or entry.url)}")


def _ask(found: list[Found]) -> Found:
    number: int = click.prompt("Which one", type=click.IntRange(1, len(found)), default=1)
    return found[number - 1]


def _write(config: Config, name: str | None, chosen: Found) -> None:
    from monitor.config.append import append, block, name_for

    taken = [source.name for source in config.sources]
    called = name or name_for(chosen.feed.title, taken)
    append(config.path, [block(called, chosen.url)], os.environ)
    click.echo(f"added {plain(called)} to {config.path}; `monitor sources test {plain(called)}` shows what is stored")


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@config_option
def import_(file: Path, path: Path) -> None:
    """Follow what another feed reader follows: adds the feeds of an OPML file to the config."""
    from monitor.config.append import append, block, name_for
    from monitor.sources.identity import canonical
    from monitor.sources.opml import read_opml

    config = config_of(path)
    try:
        subscriptions = read_opml(file.read_bytes())
    except ParseError as error:
        raise MonitorError(f"{file}: {error}") from None
    followed, taken, blocks = _followed(config), {source.name for source in config.sources}, []
    for one in subscriptions:
        if known := followed.get(canonical(one.url)):
            click.echo(f"left out {plain(one.url)}: it is followed already, as {plain(known)}")
            continue
        if not one.is_feed:
            click.echo(f'left out {plain(one.url)}: it is no feed; it can be followed with kind = "page"')
            continue
        name = name_for(one.title, taken)
        taken.add(name)
        followed[canonical(one.url)] = name
        blocks.append(block(name, one.url, one.tags))
    if blocks:
        append(config.path, blocks, os.environ)
    click.echo(f"added {count(len(blocks), 'source')} to {path}")


@click.command("export")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@config_option
def export(file: Path | None, path: Path) -> None:
    """Write the feeds that are followed as OPML, to FILE or to standard output. Never overwrites."""
    from monitor.sources.opml import write_opml

    config = config_of(path)
    subscriptions, left_out = _exported(config)
    text = write_opml(subscriptions)
    if file is None:
        click.echo(text, nl=False)
    else:
        _write_new(file, text)
        click.echo(f"wrote {file} ({count(len(subscriptions), 'feed')})")
    for name, why in left_out:
        click.echo(f"left out {plain(name)}: {why}", err=True)


def _write_new(file: Path, text: str) -> None:
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        raise MonitorError(f"{file} is there already and was left as it is") from None


def _exported(config: Config) -> tuple[list[Subscription], list[tuple[str, str]]]:
    """The feeds as subscriptions, and what is left out with the reason."""
    from monitor.sources.opml import Subscription

    # As the file has them: an address may hold a secret that was looked up.
    written = tomllib.loads(config.path.read_text(encoding="utf-8-sig")).get("sources", [])
    given: list[Subscription] = []
    left_out: list[tuple[str, str]] = []
    for source, table in zip(config.sources, written, strict=True):
        if source.kind != "feed":
            left_out.append((source.name, f"a {source.kind} is no feed"))
        elif "${" in table["url"].replace("$${", ""):
            left_out.append((source.name, "its address holds a secret"))
        else:
            given.append(Subscription(source.name, source.url, source.tags))
    return given, left_out


def _followed(config: Config) -> dict[str, str]:
    """The names of the sources by their addresses."""
    from monitor.sources.identity import canonical

    return {canonical(source.url): source.name for source in config.sources}
