"""Runs the tests that a rule carries. How two texts compare is handed in, so that nothing here needs the ledger."""

from __future__ import annotations

from collections.abc import Callable

from monitor.errors import Problem
from monitor.model import Novelty
from monitor.ruleset.rule import Rule, RuleSet, RuleTest

Assess = Callable[[str | None, str, Rule], tuple[bool, Novelty]]


def run_tests(rule: Rule, ruleset: RuleSet, assess: Assess) -> tuple[Problem, ...]:
    """The tests that fail. `assess(before, text, rule)` says whether the rule fires for the text and its novelty."""
    failed = ((test, failure(test, *assess(test.before, test.text, rule))) for test in rule.tests)
    return tuple(
        Problem(rule.path, test.line, test.column, f"test of {rule.name}: {sentence}")
        for test, sentence in failed
        if sentence
    )


def failure(test: RuleTest, fires: bool, novelty: Novelty) -> str:
    """What is wrong, or "" if the test passes."""
    if test.fires and not fires:
        return f"expected to fire, but does not (the claim is {novelty}): “{test.text}”"
    if fires and not test.fires:
        return f"expected not to fire, but does: “{test.text}”"
    if test.novelty and novelty is not test.novelty:
        return f"expected {test.novelty}, found {novelty}: “{test.text}”"
    return ""
