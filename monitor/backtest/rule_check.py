"""Run the tests of all rules, as `monitor check` and the rules page show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from monitor.backtest.rule_sequences import run_sequence_tests
from monitor.backtest.rule_tests import SourceTags, evaluate_rule, firing_reason, run_rule_tests
from monitor.config.models import Config
from monitor.errors import Problem
from monitor.policy import read_rules
from monitor.ruleset.rule import RuleSet
from monitor.text.analysis import Synonyms

FailedTests: TypeAlias = Mapping[str, tuple[Problem, ...]]


def failed_tests(rules: RuleSet, source_tags: SourceTags) -> FailedTests:
    """Return the rules that have failing tests, by name, with a problem for each wrong expectation.

    `source_tags` are those of the config.
    """
    synonyms = Synonyms.from_mapping(rules.synonyms)
    problems = {
        rule.name: (
            *run_rule_tests(
                rule,
                rules,
                lambda test, rule: evaluate_rule(test, rule, synonyms, source_tags),
                lambda test, rule: firing_reason(test, rule, synonyms, source_tags),
            ),
            *run_sequence_tests(rule, rules, source_tags),
        )
        for rule in rules.rules
    }
    return {name: failures for name, failures in problems.items() if failures}


def failed_tests_on_disk(config: Config) -> FailedTests:
    """Read the rules of a config, and return those that have failing tests."""
    return failed_tests(read_rules(config)[0], config.source_tags)
