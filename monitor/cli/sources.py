"""`monitor sources`: list the sources and their state. Its subcommands are in the modules `sources_…`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.groups import HintingGroup, pass_on_options
from monitor.cli.options import config_option, is_store_missing, json_option, load_config, open_existing_store
from monitor.cli.output import iso_utc, show_json, show_table, terminal_safe
from monitor.cli.sources_check import test_command
from monitor.cli.sources_edit import add_command, export_command, import_command
from monitor.cli.sources_pause import pause_command, resume_command
from monitor.cli.sources_poll import poll_command
from monitor.sources.adaptive_interval import effective_interval, explain_interval

if TYPE_CHECKING:
    from monitor.config.models import Config, SourceConfig
    from monitor.sources.state import SourceState


@click.group("sources", cls=HintingGroup, invoke_without_command=True)
@config_option
@json_option
@click.pass_context
def command(ctx: click.Context, path: Path, as_json: bool) -> None:
    """List, add, import, export, poll, pause, resume or test sources."""
    if ctx.invoked_subcommand:
        pass_on_options(ctx, path=path, as_json=as_json)
        return
    config = load_config(path)
    states_by_name = _load_states(config)
    items = [_source_json(source, states_by_name.get(source.name)) for source in config.sources]
    if as_json:
        show_json(items)
        return
    columns = ("name", "state", "entries", "last good", "next poll", "pace", "error")
    rows = [[item[key.replace(" ", "_")] or "" for key in columns] for item in items]
    show_table(columns, rows, f"there are no sources in {path}")
    for item in items:
        for notice in item["notices"]:
            click.echo(terminal_safe(f"{item['name']}: {notice['kind']} since {notice['since']}. {notice['said']}"))


for _subcommand in (
    add_command,
    import_command,
    export_command,
    poll_command,
    pause_command,
    resume_command,
    test_command,
):
    command.add_command(_subcommand)


def _load_states(config: Config) -> dict[str, SourceState]:
    if is_store_missing(config):
        return {}
    from monitor.store.sources import load_sources

    with open_existing_store(config) as store, store.read() as conn:
        return {row.name: row for row in load_sources(conn)}


def _source_json(source: SourceConfig, row: SourceState | None) -> dict[str, Any]:
    """Return a source and its state; one that was never polled has the state `empty`."""
    from monitor.listings import notice_json, public_url

    return {
        "name": source.name,
        "url": public_url(source.url),
        "kind": source.kind,
        "state": row.state if row else "empty",
        "entries": row.entries if row else 0,
        "error": row.error if row else None,
        "last_good": iso_utc(row.last_good) if row else None,
        "next_poll": iso_utc(row.next_poll) if row else None,
        "pace": _pace_text(source, row),
        "paused_at": iso_utc(row.paused_at) if row else None,
        "notices": [notice_json(notice) for notice in row.notices] if row else [],
    }


def _pace_text(source: SourceConfig, row: SourceState | None) -> str:
    """Return the current polling interval and its reason."""
    if source.cron:
        return f"{source.cron} (cron)"
    interval = effective_interval(
        every=source.every, slowest=source.slowest, stored_interval=row.adaptive_interval if row else None
    )
    return f"every {_short_duration(interval)} ({explain_interval(interval, every=source.every)})"


def _short_duration(seconds: float) -> str:
    """Return a duration in its largest unit up to hours, such as `1.5h`."""
    unit_seconds, unit_letter = (3600, "h") if seconds >= 3600 else (60, "m") if seconds >= 60 else (1, "s")
    return f"{seconds / unit_seconds:.1f}".removesuffix(".0") + unit_letter
