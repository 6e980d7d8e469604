"""`monitor check`: check config, rules, rule tests and templates, and report every problem with its location."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.options import config_option, json_option
from monitor.cli.output import pluralize, relative_to_cwd, show_json

if TYPE_CHECKING:
    from monitor.config.models import Config
    from monitor.config_file.load import PartialConfig
    from monitor.errors import Problem


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Sorted problems, how many sources, channels, rules and rule tests were checked, and a sentence on each proxy
    in use. `uncovered` has what the tests of a rule lack, by its name."""

    problems: tuple[Problem, ...]
    counts: Mapping[str, int]
    proxies: tuple[str, ...] = ()
    uncovered: Mapping[str, str] = field(default_factory=dict)

    @property
    def error_count(self) -> int:
        return sum(not problem.warning for problem in self.problems)


@dataclass(frozen=True, slots=True)
class RuleCheck:
    """The part of the result that is about rules."""

    problems: tuple[Problem, ...]
    counts: Mapping[str, int]
    uncovered: Mapping[str, str]


@click.command("check")
@click.option("--coverage", is_flag=True, help="Also list rules without a test that fires and one that does not.")
@config_option
@json_option
@click.pass_context
def command(ctx: click.Context, coverage: bool, path: Path, as_json: bool) -> None:
    """Check config, rules, rule tests and templates. Exits 1 if there are errors."""
    result = _run_checks(path)
    if as_json:
        coverage_json = {"untested": dict(result.uncovered)} if coverage else {}
        show_json({**_result_json(result), **coverage_json})
    else:
        for problem in result.problems:
            click.echo(problem_line(problem))
        for line in (*result.proxies, *(_coverage_lines(result) if coverage else ())):
            click.echo(line)
        click.echo(_summary_line(result))
    ctx.exit(1 if result.error_count else 0)


def _run_checks(path: Path) -> CheckResult:
    from monitor.config_file.load import check_config, read_partial_config
    from monitor.deliver.render_pool import check_templates_once
    from monitor.resources import builtin_path

    config, problems = check_config(path, os.environ, checks_addresses=True)
    partial = read_partial_config(path)
    checked = _check_rules(partial, config)
    template_problems = check_templates_once(partial.templates, builtin_path("templates"))
    counts = {"sources": len(partial.sources or ()), "channels": len(partial.channels or ()), **checked.counts}
    proxies = _proxies_in_use(config) if config else ()
    all_problems = sorted_problems([*problems, *checked.problems, *template_problems])
    return CheckResult(all_problems, counts, proxies, checked.uncovered)


def _proxies_in_use(config: Config) -> tuple[str, ...]:
    """Return a sentence on each proxy that sources and channels use, without its login."""
    from monitor.config.proxy import parse_proxy
    from monitor.net.proxies import describe_environment

    lines = []
    network_proxy = config.network.proxy
    if network_proxy is None:
        lines += describe_environment()
    elif network_proxy.get_secret_value():
        lines.append(f"sources and channels use {parse_proxy(network_proxy.get_secret_value())}")
    for source in config.sources:
        if source.proxy is not None:
            address = source.proxy.get_secret_value()
            lines.append(f"source {source.name} uses {parse_proxy(address) if address else 'no proxy'}")
    return tuple(lines)


def _check_rules(partial: PartialConfig, config: Config | None) -> RuleCheck:
    from monitor.backtest.rule_check import failed_tests
    from monitor.backtest.rule_tests import rules_without_coverage
    from monitor.deliver.render import rule_template_names
    from monitor.policy import undeliverable_rules
    from monitor.resources import builtin_path
    from monitor.ruleset.load import load_rules
    from monitor.ruleset.rule_reader import KnownNames, Surroundings

    source_names = None if partial.sources is None else (*partial.sources, *partial.tags)
    rules, problems = load_rules(
        partial.rules,
        builtin_aliases=builtin_path("rules") / "aliases.yaml",
        names=KnownNames(partial.channels, source_names, rule_template_names(partial.templates)),
        surroundings=Surroundings(config.monitor.timezone if config else UTC, now=time.time()),
    )
    source_tags = config.source_tags if config else {}
    test_count = sum(len(rule.tests) for rule in rules.rules)
    routing_problems = undeliverable_rules(config, rules.rules) if config else ()
    return RuleCheck(
        (*problems, *chain(*failed_tests(rules, source_tags).values()), *routing_problems),
        {"rules": len(rules.rules), "rule tests": test_count},
        rules_without_coverage(rules),
    )


def sorted_problems(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Sort and deduplicate problems, and make their paths relative to the current folder."""
    return tuple(sorted({replace(problem, path=relative_to_cwd(problem.path)) for problem in problems}))


def problem_line(problem: Problem) -> str:
    prefix = "warning: " if problem.warning else ""
    return f"{problem.path}:{problem.line}:{problem.column}: {prefix}{problem.message}"


def _summary_line(result: CheckResult) -> str:
    checked = ", ".join(pluralize(number, name.removesuffix("s")) for name, number in result.counts.items())
    warning_count = len(result.problems) - result.error_count
    parts = [pluralize(result.error_count, "problem") if result.error_count else "fine"]
    parts += [pluralize(warning_count, "warning")] if warning_count else []
    return f"{', '.join(parts)} ({checked})"


def _coverage_lines(result: CheckResult) -> Iterator[str]:
    """Yield a line for each rule whose tests lack something."""
    for name, lack in result.uncovered.items():
        yield f"{name}: {lack}"
    if not result.uncovered:
        yield "every rule has a test that must fire and one that must not"


def _result_json(result: CheckResult) -> dict[str, Any]:
    problem_list = [
        {
            "path": str(problem.path),
            "line": problem.line,
            "column": problem.column,
            "message": problem.message,
            "warning": problem.warning,
        }
        for problem in result.problems
    ]
    return {
        "ok": not result.error_count,
        "problems": problem_list,
        **{name.replace(" ", "_"): number for name, number in result.counts.items()},
        "proxies": list(result.proxies),
    }
