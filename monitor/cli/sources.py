"""`monitor sources`: what is polled, and how each source is. Its own commands are in `follow` and `look`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.follow import add, export, import_
from monitor.cli.look import test
from monitor.cli.options import config_of, config_option, json_option, never_ran, store_of
from monitor.cli.output import iso, plain, show_json, show_table
from monitor.listed import notice_json
from monitor.sources.pace import pace, why

if TYPE_CHECKING:
    from monitor.config import Config, SourceConfig
    from monitor.store.sources import SourceRow


@click.group("sources", invoke_without_command=True)
@config_option
@json_option
@click.pass_context
def command(ctx: click.Context, path: Path, as_json: bool) -> None:
    """List the sources and their state; or add, import, export or test some."""
    if ctx.invoked_subcommand:
        # Options may stand before `add` and its like, too.
        ctx.default_map = {ctx.invoked_subcommand: {"path": path, "as_json": as_json}}
        return
    config = config_of(path)
    known = _known(config)
    listed = [_listed(source, known.get(source.name)) for source in config.sources]
    if as_json:
        show_json(listed)
        return
    heads = ("name", "state", "entries", "last good", "next poll", "pace", "error")
    rows = [[one[key.replace(" ", "_")] or "" for key in heads] for one in listed]
    show_table(heads, rows, f"there are no sources in {path}")
    for one in listed:
        for notice in one["notices"]:
            click.echo(plain(f"{one['name']}: {notice['kind']} since {notice['since']}. {notice['said']}"))


for _command in (add, import_, export, test):
    command.add_command(_command)


def _known(config: Config) -> dict[str, SourceRow]:
    if never_ran(config):
        return {}
    from monitor.store.sources import rows

    with store_of(config) as store, store.read() as conn:
        return {row.name: row for row in rows(conn)}


def _listed(source: SourceConfig, row: SourceRow | None) -> dict[str, Any]:
    """The contract's object; a source that was never polled is empty."""
    return {
        "name": source.name,
        "url": source.url,
        "kind": source.kind,
        "state": row.state if row else "empty",
        "entries": row.entries if row else 0,
        "error": row.error if row else None,
        "last_good": iso(row.last_good) if row else None,
        "next_poll": iso(row.next_poll) if row else None,
        "pace": _pace(source, row),
        "notices": [notice_json(notice) for notice in row.notices] if row else [],
    }


def _pace(source: SourceConfig, row: SourceRow | None) -> str:
    """How often the source is polled now, and why."""
    if source.cron:
        return f"{source.cron} (cron)"
    now = pace(every=source.every, slowest=source.slowest, pace=row.pace if row else None)
    return f"every {_span(now)} ({why(now, every=source.every)})"


def _span(seconds: float) -> str:
    """Seconds, minutes or hours, whichever is read most easily."""
    size, letter = (3600, "h") if seconds >= 3600 else (60, "m") if seconds >= 60 else (1, "s")
    return f"{seconds / size:.1f}".removesuffix(".0") + letter
