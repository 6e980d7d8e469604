"""`monitor check`: all that a person wrote (config, rules and their tests, templates); every problem, and where."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.options import config_option, json_option
from monitor.cli.output import count, near, show_json

if TYPE_CHECKING:
    from monitor.config import Config
    from monitor.config.file import Outline
    from monitor.errors import Problem


@dataclass(frozen=True, slots=True)
class Found:
    """Problems in order, and how many there were of what was looked at."""

    problems: tuple[Problem, ...]
    counts: Mapping[str, int]

    @property
    def errors(self) -> int:
        return sum(not problem.warning for problem in self.problems)


@click.command("check")
@config_option
@json_option
@click.pass_context
def command(ctx: click.Context, path: Path, as_json: bool) -> None:
    """Say all that is wrong with the config, the rules and their tests, and the templates. Exits 1 if anything is."""
    found = _check(path)
    if as_json:
        show_json(_as_json(found))
    else:
        for problem in found.problems:
            click.echo(line(problem))
        click.echo(_summary(found))
    ctx.exit(1 if found.errors else 0)


def _check(path: Path) -> Found:
    from monitor.config.file import check_config, outline
    from monitor.deliver.press import checked
    from monitor.resources import builtin

    config, problems = check_config(path, os.environ)
    drawn = outline(path)
    in_rules, counts = _check_rules(drawn, config)
    in_templates = checked(drawn.templates, builtin("templates"))
    counts = {"sources": len(drawn.sources or ()), "channels": len(drawn.channels or ()), **counts}
    return Found(shown([*problems, *in_rules, *in_templates]), counts)


def _check_rules(drawn: Outline, config: Config | None) -> tuple[list[Problem], dict[str, int]]:
    from monitor.config.wishes import unheard
    from monitor.deliver.render import rule_templates
    from monitor.resources import builtin
    from monitor.ruleset.check import run_tests
    from monitor.ruleset.load import load_rules
    from monitor.text.words import Synonyms
    from monitor.trial import reason, tried

    rules, problems = load_rules(
        drawn.rules,
        builtin_aliases=builtin("rules") / "aliases.yaml",
        channels=drawn.channels,
        sources=None if drawn.sources is None else (*drawn.sources, *drawn.tags),
        templates=rule_templates(drawn.templates),
    )
    same = Synonyms.of(rules.same)
    failed = [
        problem
        for rule in rules.rules
        for problem in run_tests(
            rule,
            rules,
            lambda before, text, rule: tried(before, text, rule, same),
            lambda before, text, rule: reason(before, text, rule, same),
        )
    ]
    tests = sum(len(rule.tests) for rule in rules.rules)
    lost = unheard(config, rules.rules) if config else ()
    return [*problems, *failed, *lost], {"rules": len(rules.rules), "rule tests": tests}


def shown(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """In order, each once, with paths as they are typed from here."""
    return tuple(sorted({replace(problem, path=near(problem.path)) for problem in problems}))


def line(problem: Problem) -> str:
    mark = "warning: " if problem.warning else ""
    return f"{problem.path}:{problem.line}:{problem.column}: {mark}{problem.message}"


def _summary(found: Found) -> str:
    looked_at = ", ".join(count(number, name.removesuffix("s")) for name, number in found.counts.items())
    warnings = len(found.problems) - found.errors
    said = [count(found.errors, "problem") if found.errors else "fine"]
    said += [count(warnings, "warning")] if warnings else []
    return f"{', '.join(said)} ({looked_at})"


def _as_json(found: Found) -> dict[str, Any]:
    problems = [
        {
            "path": str(problem.path),
            "line": problem.line,
            "column": problem.column,
            "message": problem.message,
            "warning": problem.warning,
        }
        for problem in found.problems
    ]
    return {"ok": not found.errors, "problems": problems, **{k.replace(" ", "_"): n for k, n in found.counts.items()}}
