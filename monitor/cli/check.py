"""`monitor check`: check config, rules, rule tests and templates, and report every problem with its location."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC
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
    in use."""

    problems: tuple[Problem, ...]
    counts: Mapping[str, int]
    proxies: tuple[str, ...] = ()

    @property
    def error_count(self) -> int:
        return sum(not problem.warning for problem in self.problems)


@click.command("check")
@config_option
@json_option
@click.pass_context
def command(ctx: click.Context, path: Path, as_json: bool) -> None:
    """Check config, rules, rule tests and templates. Exits 1 if there are errors."""
    result = _run_checks(path)
    if as_json:
        show_json(_result_json(result))
    else:
        for problem in result.problems:
            click.echo(problem_line(problem))
        for line in result.proxies:
            click.echo(line)
        click.echo(_summary_line(result))
    ctx.exit(1 if result.error_count else 0)


def _run_checks(path: Path) -> CheckResult:
    from monitor.config_file.load import check_config, read_partial_config
    from monitor.deliver.render_pool import check_templates_once
    from monitor.resources import builtin_path

    config, problems = check_config(path, os.environ)
    partial = read_partial_config(path)
    rule_problems, counts = _check_rules(partial, config)
    template_problems = check_templates_once(partial.templates, builtin_path("templates"))
    counts = {"sources": len(partial.sources or ()), "channels": len(partial.channels or ()), **counts}
    proxies = _proxies_in_use(config) if config else ()
    return CheckResult(sorted_problems([*problems, *rule_problems, *template_problems]), counts, proxies)


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
            own = source.proxy.get_secret_value()
            lines.append(f"source {source.name} uses {parse_proxy(own) if own else 'no proxy'}")
    return tuple(lines)


def _check_rules(partial: PartialConfig, config: Config | None) -> tuple[list[Problem], dict[str, int]]:
    from monitor.backtest.rule_tests import evaluate_rule, firing_reason, run_rule_tests
    from monitor.deliver.render import rule_template_names
    from monitor.policy import undeliverable_rules
    from monitor.resources import builtin_path
    from monitor.ruleset.load import load_rules
    from monitor.ruleset.rule_reader import Surroundings
    from monitor.text.analysis import Synonyms

    rules, problems = load_rules(
        partial.rules,
        builtin_aliases=builtin_path("rules") / "aliases.yaml",
        channels=partial.channels,
        sources=None if partial.sources is None else (*partial.sources, *partial.tags),
        templates=rule_template_names(partial.templates),
        surroundings=Surroundings(config.monitor.timezone if config else UTC, now=time.time()),
    )
    synonyms = Synonyms.from_mapping(rules.synonyms)
    failed_tests = [
        problem
        for rule in rules.rules
        for problem in run_rule_tests(
            rule,
            rules,
            lambda test, rule: evaluate_rule(test, rule, synonyms),
            lambda test, rule: firing_reason(test, rule, synonyms),
        )
    ]
    test_count = sum(len(rule.tests) for rule in rules.rules)
    routing_problems = undeliverable_rules(config, rules.rules) if config else ()
    return [*problems, *failed_tests, *routing_problems], {"rules": len(rules.rules), "rule tests": test_count}


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
    }
