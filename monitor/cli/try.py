"""`monitor try RULEFILE`: what its rules would have alerted over stored history, and what an edit gains and loses."""

# ruff: noqa: N999

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.check import line, shown
from monitor.cli.marks import marked
from monitor.cli.options import config_of, config_option, json_option, store_of
from monitor.cli.output import count, iso, near, plain, show_json

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from monitor.backtest import Would
    from monitor.config import Config
    from monitor.errors import Problem
    from monitor.ruleset.rule import RuleSet

LOOK = 0.3  # seconds between two looks at a file that is watched
MOST_ALERTS = 10_000  # of one rule, of those that were told


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a back-test: `against` is what it was held against (None: nothing), `off` the rules left out."""

    since: float
    updates: int
    alerts: tuple[Would, ...]
    against: str | None
    gained: tuple[Would, ...]
    lost: tuple[Would, ...]
    off: tuple[str, ...] = ()


@click.command("try")
@click.argument("file", metavar="RULEFILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--since", default="30d", show_default=True, metavar="TIME", help="How far to go back.")
@click.option(
    "--against",
    metavar="OLDFILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Another version of the rules.",
)
@click.option("--watch", is_flag=True, help="Run again whenever the file is saved, until Ctrl-C.")
@config_option
@json_option
@click.pass_context
def command(
    ctx: click.Context, file: Path, since: str, against: Path | None, watch: bool, path: Path, as_json: bool
) -> None:
    """Run the rules of RULEFILE over stored history: what they would have alerted, and what an edit gains and loses.

    Exits 1 if the file has problems.
    """
    from monitor.config import seconds

    try:
        ago = seconds(since)
    except ValueError as error:
        raise click.BadParameter(f"{error}, found {plain(since)}", ctx, param_hint="--since") from None
    config = config_of(path)
    code = _once(config, file, against, ago, as_json)
    for _ in _saves(file, against) if watch else ():
        click.echo("")
        code = _once(config, file, against, ago, as_json)
    ctx.exit(code)


def _once(config: Config, file: Path, against: Path | None, ago: float, as_json: bool) -> int:
    """One back-test, shown; the exit code."""
    rules, problems = _rules(config, file)
    old, old_problems = _rules(config, against) if against else (None, [])
    found = [*problems, *old_problems]
    errors = any(not problem.warning for problem in found)
    tried = None if errors else _tried(config, file, rules, against, old, time.time() - ago)
    if as_json:
        show_json(_as_json(found, tried))
    else:
        for problem in shown(found):
            click.echo(line(problem))
        if tried:
            _show(tried)
    return 1 if errors else 0


def _rules(config: Config, file: Path) -> tuple[RuleSet, Sequence[Problem]]:
    """The rules of one file with the aliases of the rules folder, and every problem of it."""
    from monitor.deliver.templates import rule_templates
    from monitor.resources import builtin
    from monitor.ruleset.load import ALIASES, load_files

    own = config.monitor.rules / ALIASES
    return load_files(
        [file],
        aliases=own if own.is_file() else builtin("rules") / ALIASES,
        channels=config.channels,
        sources=[name for one in config.sources for name in (one.name, *(f"tag:{tag}" for tag in one.tags))],
        templates=rule_templates(config.monitor.templates),
    )


def _tried(
    config: Config, file: Path, rules: RuleSet, against: Path | None, old: RuleSet | None, since: float
) -> Tried:
    from monitor.archive import stored
    from monitor.backtest import backtest, gained, parted
    from monitor.store.history import how_many

    name = str(near(against)) if against else None
    with store_of(config) as store, store.read() as conn:
        if old is None and not _in_folder(config, file):
            old, name = _running(config, rules)
        versions = [rules, *([old] if old else [])]
        tags = {source.name: source.tags for source in config.sources}
        parts = [parted(version) for version in versions]
        runs = backtest(parts, stored(conn, config, since, parts, tags), tags, time.time())
        seen = how_many(conn, since)
        now, before = _heard(conn, runs[0]), _heard(conn, runs[1]) if old else None
        if before is None and _in_folder(config, file):
            before, name = _told(conn, rules, since), "what was told"
    same = {rule.name: rule.id for version in versions for rule in version.rules}
    off = tuple(dict.fromkeys(one for version in versions for one in version.off))
    if before is None:
        return Tried(since, seen, tuple(now), None, (), (), off)
    more, less = gained(now, before, same), gained(before, now, same)
    return Tried(since, seen, tuple(now), name, tuple(more), tuple(less), off)


def _heard(conn: Connection, found: Sequence[Would]) -> list[Would]:
    """The alerts with who else says so by now."""
    from monitor.store.families import heard_of

    alerts = heard_of(conn, [would.alert for would in found])
    return [replace(would, alert=alert) for would, alert in zip(found, alerts, strict=True)]


def _in_folder(config: Config, file: Path) -> bool:
    return file.resolve().parent == config.monitor.rules.resolve()


def _running(config: Config, rules: RuleSet) -> tuple[RuleSet | None, str | None]:
    """The rules of the config that these are another version of, by their ids or names; none if there are none."""
    from monitor.engine import load_listening
    from monitor.ruleset.rule import RuleSet

    known = {name for rule in rules.rules for name in (rule.id, rule.name)}
    run = [rule for rule in load_listening(config).rules.rules if known & {rule.id, rule.name}]
    return (RuleSet(tuple(run)), "the rules that run") if run else (None, None)


def _told(conn: Connection, rules: RuleSet, since: float) -> list[Would]:
    """What these rules have alerted of in fact."""
    from monitor.backtest import Would
    from monitor.store import reports

    rows = [
        row for rule in rules.rules for row in reports.alerts(conn, rule=rule.name, since=since, limit=MOST_ALERTS)
    ]
    return [Would(row.update or 0, row.alert) for row in sorted(rows, key=lambda row: row.number)]


def _saves(*files: Path | None) -> Iterator[None]:
    """One thing whenever one of the files was saved and then stood still."""
    seen = _stamps(files)
    while True:
        time.sleep(LOOK)
        now = _stamps(files)
        while now != (now := _stamps(files)):
            time.sleep(LOOK)
        if now != seen:
            seen = now
            yield


def _stamps(files: Iterable[Path | None]) -> list[tuple[int, int]]:
    """When each file was changed and how large it is."""
    found = []
    for file in files:
        try:
            stat = file.stat() if file else None
        except OSError:
            stat = None
        found.append((stat.st_mtime_ns, stat.st_size) if stat else (0, 0))
    return found


def _as_json(problems: Iterable[Problem], tried: Tried | None) -> dict[str, Any]:
    head: dict[str, Any] = {"problems": [line(problem) for problem in shown(problems)]}
    if tried is None:
        return head
    lists: Mapping[str, Sequence[Would]] = {"alerts": tried.alerts, "gained": tried.gained, "lost": tried.lost}
    listings = {name: [_alert_json(would) for would in listed] for name, listed in lists.items()}
    said = {
        "since": iso(tried.since),
        "updates": tried.updates,
        "against": tried.against,
        "disabled": list(tried.off),
    }
    return {**said, **listings, **head}


def _alert_json(would: Would) -> dict[str, Any]:
    from monitor.deliver.payload import alert_data

    return {"at": iso(would.alert.at), "update": would.update, **alert_data(would.alert)}


def _show(tried: Tried) -> None:
    if tried.against is None:
        for would in tried.alerts:
            _show_alert("", would)
    for mark, colour, listed in (("+ ", "green", tried.gained), ("- ", "red", tried.lost)):
        for would in listed:
            _show_alert(click.style(mark, fg=colour, bold=True), would)
    for rule in tried.off:
        click.echo(f"{plain(rule)} was left out: it says `enabled: false`")
    said = f"{count(len(tried.alerts), 'alert')} in {count(tried.updates, 'update')} since {iso(tried.since)}"
    if tried.against is not None:
        said += f"; against {plain(tried.against)}: {len(tried.gained)} gained, {len(tried.lost)} lost"
    click.echo(said)


def _show_alert(mark: str, would: Would) -> None:
    alert = would.alert
    head = f"{iso(alert.at)}  {alert.rule}  {alert.severity}  update {would.update}"
    click.echo(f"{mark}{click.style(head, dim=True)}")
    for finding in alert.findings:
        click.echo(f"    {finding.novelty:<10} {marked(plain(finding.claim), finding.matched)}")
