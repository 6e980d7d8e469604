"""The rules that ship are read without a problem, and their own tests hold on the words alone."""

from pathlib import Path

import pytest
from kit.rules import fires_with_novelty

from monitor.backtest.rule_tests import run_rule_tests
from monitor.ruleset.load import load_rules

RULES, PROBLEMS = load_rules(Path(__file__).parents[2] / "rules", builtin_aliases=None)


def test_no_problem_is_found():
    assert PROBLEMS == ()
    assert len({rule.path for rule in RULES.rules}) == 3


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.name)
def test_a_rule_passes_its_own_tests(rule):
    assert run_rule_tests(rule, RULES, fires_with_novelty) == ()


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.name)
def test_a_rule_shows_what_fires_it_and_what_does_not(rule):
    assert {test.fires for test in rule.tests} == {True, False}


def test_the_names_of_one_country_are_known_to_comparison():
    assert {"DPRK", "north korea*"} <= set(RULES.synonyms["dprk"])
