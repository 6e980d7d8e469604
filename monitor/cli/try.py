"""`monitor try RULEFILE`: back-test rules over stored history, and list the alerts an edit gains and loses."""

# ruff: noqa: N999

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.check import problem_line, sorted_problems
from monitor.cli.options import config_option, json_option, load_config, open_existing_store
from monitor.cli.output import iso_utc, pluralize, relative_to_cwd, show_json, terminal_safe
from monitor.cli.progress import progress_bars
from monitor.cli.styles import highlight_matches

if TYPE_CHECKING:
    from monitor.backtest.run import HypotheticalAlert
    from monitor.backtest.tryout import BacktestResult, Reference, Tryout
    from monitor.config.models import Config
    from monitor.errors import Problem
    from monitor.ruleset.rule import RuleSet

FILE_CHECK_INTERVAL_S = 0.3


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
    from monitor.backtest.tryout import Tryout, load_rule_file

    rules, problems = load_rule_file(config, file)
    old_version, old_problems = _load_old_version(config, against) if against else (None, [])
    all_problems = [*problems, *old_problems]
    has_errors = any(not problem.warning for problem in all_problems)
    result = None
    if not has_errors:
        reference, now = old_version or _default_reference(config, file, rules), time.time()
        result = _run(config, Tryout(rules, reference, now - lookback_s, now, in_full=as_json))
    if as_json:
        show_json(_result_json(all_problems, result))
    else:
        for problem in sorted_problems(all_problems):
            click.echo(problem_line(problem))
        if result:
            _show_result(result)
    return 1 if has_errors else 0


def _load_old_version(config: Config, file: Path) -> tuple[Reference, Sequence[Problem]]:
    from monitor.backtest.tryout import Reference, load_rule_file

    rules, problems = load_rule_file(config, file)
    return Reference(str(relative_to_cwd(file)), rules), problems


def _default_reference(config: Config, file: Path, rules: RuleSet) -> Reference | None:
    """Return the running rules of the same names or, for a file in the rules folder, the alerts raised."""
    from monitor.backtest.tryout import PAST_ALERTS, running_rules

    is_running = file.resolve().parent == config.monitor.rules.resolve()
    return PAST_ALERTS if is_running else running_rules(config, rules)


def _run(config: Config, tryout: Tryout) -> BacktestResult:
    """Run a back-test of the stored updates, with a progress bar."""
    from monitor.backtest.tryout import run_tryout

    with (
        open_existing_store(config) as store,
        store.read() as conn,
        progress_bars(as_json=tryout.in_full) as note_progress,
    ):

        def goes_on(read: int, total: int) -> bool:
            note_progress("updates", read, total)
            return True

        return run_tryout(conn, config, tryout, goes_on)


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
