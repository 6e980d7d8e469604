"""`monitor silence`: list, add and end silences. Silenced matches are stored but not sent."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.complete_values import complete_rules, complete_silences, complete_sources
from monitor.cli.groups import HintingGroup, IdType, pass_on_options
from monitor.cli.options import (
    config_option,
    is_store_missing,
    json_option,
    load_config,
    open_existing_store,
    require_known_name,
)
from monitor.cli.output import iso_utc, show_json, show_table
from monitor.units import parse_duration, parse_time

if TYPE_CHECKING:
    from monitor.alerts.silences import Silence
    from monitor.config.models import Config

SCOPE_OPTIONS = ("rule", "source", "story", "match")


@click.group("silence", cls=HintingGroup, invoke_without_command=True)
@config_option
@json_option
@click.pass_context
def command(ctx: click.Context, path: Path, as_json: bool) -> None:
    """List, add or end silences. Without a subcommand, lists them, newest first."""
    if ctx.invoked_subcommand:
        pass_on_options(ctx, path=path, as_json=as_json)
    else:
        _list_silences(path, as_json)


@command.command("add")
@click.option("--rule", metavar="NAME", help="Matches of this rule.", shell_complete=complete_rules)
@click.option("--source", metavar="NAME", help="Findings of this source.", shell_complete=complete_sources)
@click.option("--story", metavar="ID", help="Findings of this story.")
@click.option("--match", metavar="QUERY", help="Findings that match this query, as in rules.")
@click.option("--until-facts-change", is_flag=True, help="Still alert when a number, date, name … changes.")
@click.option("--for", "duration", metavar="6h", help="Duration, from now.")
@click.option(
    "--until", metavar="ISO", help="End, such as 2026-01-31T18:00Z; without a time zone, that of the config."
)
@click.option("--reason", metavar="TEXT", help="Stored with everything that is silenced.")
@click.option("--by", metavar="NAME", default="", help="Who adds it.")
@config_option
def add_command(path: Path, until_facts_change: bool, **options: str | None) -> None:
    """Add a silence for alerts that match all given options."""
    _add_silence(path, options, until_facts_change)


@command.command("list")
@config_option
@json_option
def list_command(path: Path, as_json: bool) -> None:
    """List the silences, newest first."""
    _list_silences(path, as_json)


@command.command("end")
@click.argument("silence", metavar="ID", type=IdType("monitor silence"), shell_complete=complete_silences)
@config_option
@click.pass_context
def end_command(ctx: click.Context, silence: int, path: Path) -> None:
    """End a silence now."""
    ctx.exit(_end_silence(path, silence))


def _add_silence(path: Path, options: dict[str, str | None], until_facts_change: bool) -> None:
    config = load_config(path)
    draft = _build_silence(config, options, until_facts_change, time.time())
    from monitor.actions import create_silence

    with open_existing_store(config) as store:
        silence = create_silence(store, draft)
    click.echo(f"silence {silence.id} until {iso_utc(silence.until)}")


def _build_silence(config: Config, options: dict[str, str | None], until_facts_change: bool, now: float) -> Silence:
    """Return the silence that the options describe. Raise UsageError if one is missing or invalid."""
    from monitor.alerts.silences import Silence, SilenceMode

    scope = {name: options[name] for name in SCOPE_OPTIONS}
    if not any(scope.values()):
        raise click.UsageError("expected --rule, --source, --story or --match")
    if not (options["reason"] or "").strip():
        raise click.UsageError("expected --reason; it is stored with everything that is silenced")
    _check_scope(config, scope)
    until = _end_time(config, options["duration"], options["until"], now)
    return Silence(
        0,
        str(options["reason"]).strip(),
        now,
        until,
        rule=scope["rule"],
        source=scope["source"],
        story=scope["story"],
        match=scope["match"],
        by=options["by"] or "",
        mode=SilenceMode.UNTIL_FACTS_CHANGE if until_facts_change else SilenceMode.ALL,
    )


def _check_scope(config: Config, scope: dict[str, str | None]) -> None:
    """Raise UsageError for a name or query that can never match."""
    if scope["source"]:
        require_known_name("source", scope["source"], [source.name for source in config.sources])
    if not (scope["rule"] or scope["match"]):
        return
    from monitor.policy import load_policy

    rules = load_policy(config).rules
    if scope["rule"]:
        require_known_name("rule", scope["rule"], [rule.name for rule in rules.rules])
    if scope["match"]:
        from monitor.ruleset.query.compile import compile_query

        query, faults = compile_query(scope["match"], rules.aliases.nodes)
        if query is None:
            raise click.UsageError(f"--match, character {faults[0].offset + 1}: {faults[0].message}")


def _end_time(config: Config, duration: str | None, until: str | None, now: float) -> float:
    """Return when the silence ends. Raise UsageError unless exactly one of the options is given and valid."""
    if (duration is None) == (until is None):
        raise click.UsageError("expected either --for or --until")
    if duration is not None:
        try:
            return now + parse_duration(duration)
        except ValueError as error:
            raise click.UsageError(f"--for: {error}") from None
    end = _parse_time(config, until or "")
    if end <= now:
        raise click.UsageError(f"--until: {until} is in the past")
    return end


def _parse_time(config: Config, text: str) -> float:
    try:
        return parse_time(text, config.monitor.timezone)
    except ValueError:
        raise click.UsageError('--until: expected a time such as "2026-01-31T18:00Z"') from None


def _list_silences(path: Path, as_json: bool) -> None:
    rows, now = _load_silences(path), time.time()
    from monitor.listings import silence_json, silence_state

    if as_json:
        show_json([silence_json(row, now) for row in rows])
        return
    headers = ("id", "state", "until", "what", "reason", "by")
    table_rows = [(r.id, silence_state(r, now), iso_utc(r.until), r.summary, r.reason, r.by) for r in rows]
    show_table(headers, table_rows, "there are no silences yet")


def _load_silences(path: Path) -> list[Silence]:
    config = load_config(path)
    if is_store_missing(config):
        return []
    from monitor.store import silences

    with open_existing_store(config) as store, store.read() as conn:
        return silences.all_silences(conn)


def _end_silence(path: Path, silence_id: int) -> int:
    """Return the exit code: 1 if there is no such active silence."""
    from monitor.store import silences

    with open_existing_store(load_config(path)) as store, store.write() as conn:
        has_ended = silences.end_silence(conn, silence_id, time.time())
    if has_ended:
        click.echo(f"silence {silence_id} ended")
    else:
        click.echo(f"there is no active silence {silence_id}", err=True)
    return 0 if has_ended else 1
