"""Runs the tests that a rule carries. How two texts compare is handed in, so that nothing here needs the ledger."""

from __future__ import annotations

from collections.abc import Callable

from monitor.errors import Problem
from monitor.model import Novelty
from monitor.ruleset.rule import Rule, RuleSet, RuleTest

AssessText = Callable[[str | None, str, Rule], tuple[bool, Novelty]]
ExplainText = Callable[[str | None, str, Rule], str]


def run_rule_tests(
    rule: Rule, ruleset: RuleSet, assess_text: AssessText, explain_text: ExplainText = lambda before, text, rule: ""
) -> tuple[Problem, ...]:
    """The tests that fail. `assess(before, text, rule)` says whether the rule fires for the text and its novelty,
    `why` what made it fire or what was missing, as the end of a sentence."""
    problems = []
    for test in rule.tests:
        fires, novelty = assess_text(test.before, test.text, rule)
        if failure := failure_text(test, fires, novelty):
            cause = explain_text(test.before, test.text, rule) if fires is not test.fires else ""
            message = "; ".join(filter(None, (f"test of {rule.name}: {failure}", cause)))
            problems.append(Problem(rule.path, test.line, test.column, message))
    return tuple(problems)


def failure_text(test: RuleTest, fires: bool, novelty: Novelty) -> str:
    """What is wrong, or "" if the test passes."""
    if test.fires and not fires:
        return f"expected to fire, but does not (the claim is {novelty}): “{test.text}”"
    if fires and not test.fires:
        return f"expected not to fire, but does: “{test.text}”"
    if test.novelty and novelty is not test.novelty:
        return f"expected {test.novelty}, found {novelty}: “{test.text}”"
    return ""
