"""Simple comparison and matching without a ledger, and the tests in rule files."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from monitor.assess import Policy, match_rules
from monitor.backtest.rule_sequences import run_sequence_tests
from monitor.backtest.rule_tests import EvaluatedTest, evaluate_rule, firing_reason, run_rule_tests
from monitor.errors import Problem
from monitor.model import Claim, Finding, Match, Novelty, Role, Update
from monitor.ruleset.load import load_rules
from monitor.ruleset.match import match_rule
from monitor.ruleset.rule import Rule, RuleSet, RuleTest
from monitor.text.analysis import NO_SYNONYMS


def fires_with_novelty(test: RuleTest, rule: Rule) -> EvaluatedTest:
    """Return whether the rule fires, and the novelty: equal texts are repeated, different ones changed."""
    is_same = test.before == test.text
    novelty = Novelty.NEW if test.before is None else Novelty.REPEATED if is_same else Novelty.CHANGED
    finding = Finding(Claim(test.text, Role.SENTENCE), novelty, 0.0, (), None, "story")
    match = match_rule(rule, Update("s", "e", 0.0, "", "", test.text), [finding])
    return EvaluatedTest(match is not None, novelty)


def rule_matches(
    rules: RuleSet,
    update: Update,
    findings: Sequence[Finding],
    claims: Sequence[Claim] = (),
    tags: tuple[str, ...] = (),
) -> tuple[Match, ...]:
    """Return the matches that the daemon would find. No rule may have `sources`, because that needs a ledger."""
    assert all(rule.sources is None for rule in rules.rules)
    policy = Policy(rules, source_tags={update.source: tags})
    results = match_rules(update, claims, tuple(findings), None, policy, 0.0)  # type: ignore[arg-type]
    return tuple(result.match for result in results)


def rule_problems(folder: Path, source_tags: Mapping[str, tuple[str, ...]]) -> list[Problem]:
    """Return the problems of the rule files of a folder, and the failures of the tests in them."""
    rules, problems = load_rules(folder, builtin_aliases=None)
    functions = [
        partial(function, synonyms=NO_SYNONYMS, source_tags=source_tags)
        for function in (evaluate_rule, firing_reason)
    ]
    failures = [
        failure
        for rule in rules.rules
        for failure in (*run_rule_tests(rule, rules, *functions), *run_sequence_tests(rule, rules, source_tags))
    ]
    return [*problems, *failures]
