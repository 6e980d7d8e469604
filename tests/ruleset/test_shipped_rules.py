"""The shipped rules load without a problem and pass their own tests."""

from pathlib import Path

import pytest
from kit.rules import fires_with_novelty

from monitor.backtest.rule_tests import run_rule_tests
from monitor.ruleset.load import load_rules

RULES, PROBLEMS = load_rules(Path(__file__).parents[2] / "rules", builtin_aliases=None)


def test_the_shipped_rules_have_no_problems():
    assert PROBLEMS == ()
    assert len({rule.path for rule in RULES.rules}) == 3


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.name)
def test_a_rule_passes_its_own_tests(rule):
    assert run_rule_tests(rule, RULES, fires_with_novelty) == ()


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.name)
def test_a_rule_has_tests_that_fire_and_tests_that_do_not(rule):
    assert {test.fires for test in rule.tests} == {True, False}


def test_synonyms_are_available_to_comparison():
    assert {"DPRK", "north korea*"} <= set(RULES.synonyms["dprk"])
