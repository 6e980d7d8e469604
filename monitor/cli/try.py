"""`monitor try RULEFILE`: back-test rules over stored history, and list the alerts an edit gains and loses."""

# ruff: noqa: N999

from __future__ import annotations

import gc
import itertools
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.check import problem_line, sorted_problems
from monitor.cli.options import config_option, json_option, load_config, open_existing_store
from monitor.cli.output import iso_utc, pluralize, relative_to_cwd, show_json, terminal_safe
from monitor.cli.progress import progress_bars
from monitor.cli.styles import highlight_matches

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from monitor.backtest.run import HypotheticalAlert
    from monitor.config.models import Config
    from monitor.errors import Problem
    from monitor.ruleset.rule import RuleSet

FILE_CHECK_INTERVAL_S = 0.3


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """The result of a back-test from `since` on. `against` names what `gained` and `lost` refer to, or is None."""

    since: float
    updates: int
    alerts: tuple[HypotheticalAlert, ...]
    against: str | None
    gained: tuple[HypotheticalAlert, ...]
    lost: tuple[HypotheticalAlert, ...]
    disabled_rules: tuple[str, ...] = ()


@click.command("try")
@click.argument("file", metavar="RULEFILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--since", default="30d", show_default=True, metavar="TIME", help="How far to go back.")
@click.option(
    "--against",
    metavar="OLDFILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Version of the rules to compare with.",
)
@click.option("--watch", is_flag=True, help="Run again on every save, until Ctrl-C.")
@config_option
@json_option
@click.pass_context
def command(
    ctx: click.Context, file: Path, since: str, against: Path | None, watch: bool, path: Path, as_json: bool
) -> None:
    """Back-test the rules of RULEFILE over stored history.

    Lists the alerts the rules would have raised, or those an edit gains and loses. Exits 1 if the file has errors.
    """
    from monitor.units import parse_duration

    try:
        lookback_s = parse_duration(since)
    except ValueError as error:
        raise click.BadParameter(f"{error}, found {terminal_safe(since)}", ctx, param_hint="--since") from None
    config = load_config(path)
    exit_code = _run_and_show(config, file, against, lookback_s, as_json)
    for _ in _watch_saves(file, against) if watch else ():
        click.echo("")
        exit_code = _run_and_show(config, file, against, lookback_s, as_json)
    ctx.exit(exit_code)


def _run_and_show(config: Config, file: Path, against: Path | None, lookback_s: float, as_json: bool) -> int:
    """Run one back-test, print the result, and return the exit code."""
    rules, problems = _load_rule_file(config, file)
    old_rules, old_problems = _load_rule_file(config, against) if against else (None, [])
    all_problems = [*problems, *old_problems]
    has_errors = any(not problem.warning for problem in all_problems)
    result = None
    if not has_errors:
        since = time.time() - lookback_s
        with _without_garbage_collection():
            result = _run_backtest(config, file, rules, against, old_rules, since, in_full=as_json)
    if as_json:
        show_json(_result_json(all_problems, result))
    else:
        for problem in sorted_problems(all_problems):
            click.echo(problem_line(problem))
        if result:
            _show_result(result)
    return 1 if has_errors else 0


def _load_rule_file(config: Config, file: Path) -> tuple[RuleSet, Sequence[Problem]]:
    """Load the rules of one file with the aliases of the rules folder; also return its problems."""
    from monitor.deliver.templates import rule_template_names
    from monitor.resources import builtin_path
    from monitor.ruleset.load import ALIASES_FILE, load_files
    from monitor.ruleset.rule_reader import Surroundings

    user_aliases = config.monitor.rules / ALIASES_FILE
    return load_files(
        [file],
        aliases=user_aliases if user_aliases.is_file() else builtin_path("rules") / ALIASES_FILE,
        channels=config.channels,
        sources=[name for source in config.sources for name in (source.name, *(f"tag:{tag}" for tag in source.tags))],
        templates=rule_template_names(config.monitor.templates),
        surroundings=Surroundings(config.monitor.timezone),
    )


def _run_backtest(
    config: Config,
    file: Path,
    rules: RuleSet,
    against: Path | None,
    old_rules: RuleSet | None,
    since: float,
    *,
    in_full: bool,
) -> BacktestResult:
    """Run the rules and what they are compared with. `in_full` adds to alerts what only their JSON shows."""
    from monitor.backtest.archive import load_stored_updates
    from monitor.backtest.gained import gained_alerts
    from monitor.backtest.run import run_backtest, split_by_scope
    from monitor.store.history import count_updates, first_update_time

    against_name = str(relative_to_cwd(against)) if against else None
    with open_existing_store(config) as store, store.read() as conn:
        if old_rules is None and not _is_in_rules_folder(config, file):
            old_rules, against_name = _current_rules(config, rules)
        rule_sets = [rules, *([old_rules] if old_rules else [])]
        tags = {source.name: source.tags for source in config.sources}
        scoped_rules = [split_by_scope(rule_set) for rule_set in rule_sets]
        update_count, first_update = count_updates(conn, since), first_update_time(conn)
        start = None if first_update is None else max(since, first_update)
        numbers = itertools.count(1)
        with progress_bars(as_json=in_full) as note_progress:
            updates = load_stored_updates(
                conn,
                config,
                since,
                scoped_rules,
                tags,
                lambda: note_progress("updates", next(numbers), update_count),
            )
            runs = run_backtest(scoped_rules, updates, tags, time.time(), start, in_full=in_full)
        alerts_now, alerts_before = runs[0], runs[1] if old_rules else None
        if alerts_before is None and _is_in_rules_folder(config, file):
            alerts_before, against_name = _past_alerts(conn, rules, since), "the alerts raised"
        ids_by_name = {rule.name: rule.id for rule_set in rule_sets for rule in rule_set.rules}
        lost = gained_alerts(alerts_before or (), alerts_now, ids_by_name)
        if in_full:
            alerts_now, lost = _with_other_sources(conn, alerts_now), _with_other_sources(conn, lost)
    gained = [] if alerts_before is None else gained_alerts(alerts_now, alerts_before, ids_by_name)
    disabled_rules = tuple(dict.fromkeys(rule_name for rule_set in rule_sets for rule_name in rule_set.disabled))
    return BacktestResult(
        since, update_count, tuple(alerts_now), against_name, tuple(gained), tuple(lost), disabled_rules
    )


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """A back-test makes millions of objects and hardly a cycle: looking for cycles takes a sixth of its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _with_other_sources(conn: Connection, hypotheticals: Sequence[HypotheticalAlert]) -> list[HypotheticalAlert]:
    """Add the other sources that report each finding by now."""
    from monitor.store.corroboration import alerts_with_other_sources

    alerts = alerts_with_other_sources(conn, [hypothetical.alert for hypothetical in hypotheticals])
    return [replace(hypothetical, alert=alert) for hypothetical, alert in zip(hypotheticals, alerts, strict=True)]


def _is_in_rules_folder(config: Config, file: Path) -> bool:
    return file.resolve().parent == config.monitor.rules.resolve()


def _current_rules(config: Config, rules: RuleSet) -> tuple[RuleSet | None, str | None]:
    """Return the running rules with the same ids or names, and what to call them; (None, None) if there are none."""
    from monitor.policy import load_policy
    from monitor.ruleset.rule import RuleSet

    names = {name for rule in rules.rules for name in (rule.id, rule.name)}
    current = [rule for rule in load_policy(config).rules.rules if names & {rule.id, rule.name}]
    return (RuleSet(tuple(current)), "the running rules") if current else (None, None)


def _past_alerts(conn: Connection, rules: RuleSet, since: float) -> list[HypotheticalAlert]:
    """Return the alerts that these rules have raised, oldest first."""
    from monitor.backtest.run import HypotheticalAlert
    from monitor.store.reports.alerts import alerts_of_rules

    rows = alerts_of_rules(conn, [rule.name for rule in rules.rules], since)
    return [HypotheticalAlert(row.update_id or 0, row.alert) for row in rows]


def _watch_saves(*files: Path | None) -> Iterator[None]:
    """Yield whenever one of the files was saved, once it stops changing."""
    last_stamps = _file_stamps(files)
    while True:
        time.sleep(FILE_CHECK_INTERVAL_S)
        stamps = _file_stamps(files)
        while stamps != (stamps := _file_stamps(files)):
            time.sleep(FILE_CHECK_INTERVAL_S)
        if stamps != last_stamps:
            last_stamps = stamps
            yield


def _file_stamps(files: Iterable[Path | None]) -> list[tuple[int, int]]:
    """Return the modification time and size of each file, zeros for a missing one."""
    stamps = []
    for file in files:
        try:
            stat = file.stat() if file else None
        except OSError:
            stat = None
        stamps.append((stat.st_mtime_ns, stat.st_size) if stat else (0, 0))
    return stamps


def _result_json(problems: Iterable[Problem], result: BacktestResult | None) -> dict[str, Any]:
    problems_json: dict[str, Any] = {"problems": [problem_line(problem) for problem in sorted_problems(problems)]}
    if result is None:
        return problems_json
    lists: Mapping[str, Sequence[HypotheticalAlert]] = {
        "alerts": result.alerts,
        "gained": result.gained,
        "lost": result.lost,
    }
    listings = {
        name: [_alert_json(hypothetical) for hypothetical in hypotheticals] for name, hypotheticals in lists.items()
    }
    summary = {
        "since": iso_utc(result.since),
        "updates": result.updates,
        "against": result.against,
        "disabled": list(result.disabled_rules),
    }
    return {**summary, **listings, **problems_json}


def _alert_json(hypothetical: HypotheticalAlert) -> dict[str, Any]:
    from monitor.serialize import alert_to_json

    return {
        "at": iso_utc(hypothetical.alert.at),
        "update": hypothetical.update_number,
        **alert_to_json(hypothetical.alert),
    }


def _show_result(result: BacktestResult) -> None:
    if result.against is None:
        for hypothetical in result.alerts:
            _show_alert("", hypothetical)
    for mark, color, hypotheticals in (("+ ", "green", result.gained), ("- ", "red", result.lost)):
        for hypothetical in hypotheticals:
            _show_alert(click.style(mark, fg=color, bold=True), hypothetical)
    for rule in result.disabled_rules:
        click.echo(f"{terminal_safe(rule)} skipped: disabled by `enabled: false`")
    counts = f"{pluralize(len(result.alerts), 'alert')} in {pluralize(result.updates, 'update')}"
    summary = f"{counts} since {iso_utc(result.since)}"
    if result.against is not None:
        summary += f"; against {terminal_safe(result.against)}: {len(result.gained)} gained, {len(result.lost)} lost"
    click.echo(summary)


def _show_alert(mark: str, hypothetical: HypotheticalAlert) -> None:
    alert = hypothetical.alert
    update = f"  update {hypothetical.update_number}" if hypothetical.update_number else ""
    head = f"{iso_utc(alert.at)}  {alert.rule}  {alert.severity}{update}"
    click.echo(f"{mark}{click.style(head, dim=True)}")
    if alert.counted or not alert.findings:
        click.echo(f"    {terminal_safe(alert.counted or alert.reason)}")
    for finding in alert.findings:
        click.echo(f"    {finding.novelty:<10} {highlight_matches(terminal_safe(finding.claim), finding.matched)}")
