"""`monitor silence`: what nobody is to be told of for a while; nothing that is silenced is lost from the history."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.options import Worded, config_of, config_option, json_option, never_ran, store_of
from monitor.cli.output import iso, show_json, show_table

if TYPE_CHECKING:
    from collections.abc import Collection

    from monitor.alerts.silences import Silence
    from monitor.config import Config

NAMED = ("rule", "source", "story", "match")


@click.command("silence", options_metavar="[OPTIONS] [add | list | end ID]")
@click.argument("action", cls=Worded, required=False, type=click.Choice(["add", "list", "end"]))
@click.argument("silence", cls=Worded, required=False, type=click.IntRange(0, 2**63 - 1))
@click.option("--rule", metavar="NAME", help="What this rule finds.")
@click.option("--source", metavar="NAME", help="What this source says.")
@click.option("--story", metavar="ID", help="What belongs to this story.")
@click.option("--match", metavar="QUERY", help="What meets this query, written as in rules.")
@click.option(
    "--until-facts-change", "facts", is_flag=True, help="Let through what says another number, date, name …"
)
@click.option("--for", "duration", metavar="6h", help="How long, from now.")
@click.option("--until", metavar="ISO", help="Until when: 2026-01-31T18:00Z; without a zone in the config's.")
@click.option("--reason", metavar="TEXT", help="Why; it is kept with all that is silenced.")
@click.option("--by", metavar="NAME", default="", help="Who asked for it.")
@config_option
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    action: str | None,
    silence: int | None,
    path: Path,
    as_json: bool,
    facts: bool,
    **wanted: str | None,
) -> None:
    """List the silences, newest first; add one for what fits all that is named; or end the silence ID now."""
    if action == "add":
        _add(path, wanted, facts)
    elif action != "end":
        _list(path, as_json)
    elif silence is None:
        raise click.UsageError("end needs the ID of a silence; `monitor silence` lists them")
    else:
        ctx.exit(_end(path, silence))


def _add(path: Path, wanted: dict[str, str | None], facts: bool) -> None:
    config = config_of(path)
    wish = _silence(config, wanted, facts, time.time())
    from monitor.silencing import make_silence

    with store_of(config) as store:
        made = make_silence(store, wish)
    click.echo(f"silence {made.id} until {iso(made.until)}")


def _silence(config: Config, wanted: dict[str, str | None], facts: bool, now: float) -> Silence:
    """The silence that the options ask for. UsageError if they cannot be meant."""
    from monitor.alerts.silences import Mode, Silence

    named = {name: wanted[name] for name in NAMED}
    if not any(named.values()):
        raise click.UsageError("say what to silence: --rule, --source, --story or --match")
    if not (wanted["reason"] or "").strip():
        raise click.UsageError("say why with --reason; it is kept with all that is silenced")
    _check_known(config, named)
    until = _until(config, wanted["duration"], wanted["until"], now)
    return Silence(
        0,
        str(wanted["reason"]).strip(),
        now,
        until,
        rule=named["rule"],
        source=named["source"],
        story=named["story"],
        match=named["match"],
        by=wanted["by"] or "",
        mode=Mode.FACTS if facts else Mode.ALL,
    )


def _check_known(config: Config, named: dict[str, str | None]) -> None:
    """A name or query that can never fit is a mistake."""
    if named["source"]:
        _one_of("source", named["source"], [source.name for source in config.sources])
    if not (named["rule"] or named["match"]):
        return
    from monitor.engine import load_listening

    rules = load_listening(config).rules
    if named["rule"]:
        _one_of("rule", named["rule"], [rule.name for rule in rules.rules])
    if named["match"]:
        from monitor.ruleset.parse import compile_query

        query, faults = compile_query(named["match"], rules.aliases.nodes)
        if query is None:
            raise click.UsageError(f"--match, character {faults[0].offset + 1}: {faults[0].message}")


def _one_of(kind: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        from monitor.config.problems import closest

        raise click.UsageError(f'there is no {kind} "{name}"{closest(name, known)}')


def _until(config: Config, duration: str | None, until: str | None, now: float) -> float:
    """When the silence ends."""
    if (duration is None) == (until is None):
        raise click.UsageError("say how long with --for 6h, or until when with --until")
    if duration is not None:
        from monitor.config import seconds

        try:
            return now + seconds(duration)
        except ValueError as error:
            raise click.UsageError(f"--for: {error}") from None
    end = _moment(config, until or "")
    if end <= now:
        raise click.UsageError(f"--until: {until} has passed")
    return end


def _moment(config: Config, text: str) -> float:
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=config.monitor.timezone)).astimezone(UTC).timestamp()
    except (ValueError, OverflowError):
        raise click.UsageError('--until: expected a time such as "2026-01-31T18:00Z"') from None


def _list(path: Path, as_json: bool) -> None:
    rows, now = _rows(path), time.time()
    from monitor.listed import silence_json, state_of

    if as_json:
        show_json([silence_json(row, now) for row in rows])
        return
    heads = ("id", "state", "until", "what", "reason", "by")
    shown = [(r.id, state_of(r, now), iso(r.until), r.what, r.reason, r.by) for r in rows]
    show_table(heads, shown, "nothing was ever silenced")


def _rows(path: Path) -> list[Silence]:
    config = config_of(path)
    if never_ran(config):
        return []
    from monitor.store import silences

    with store_of(config) as store, store.read() as conn:
        return silences.every(conn)


def _end(path: Path, number: int) -> int:
    """The exit code: 1 if no such silence lives."""
    from monitor.store import silences

    with store_of(config_of(path)) as store, store.write() as conn:
        ended = silences.end(conn, number, time.time())
    if ended:
        click.echo(f"silence {number} has ended")
    else:
        click.echo(f"silence {number} ended before, or there is none of that ID", err=True)
    return 0 if ended else 1
