"""A failed test of a rule is reported at the test's own line."""

from functools import partial

from monitor.backtest.rule_tests import EvaluatedTest, evaluate_rule, run_rule_tests
from monitor.model import Novelty
from monitor.ruleset.load import load_rules
from monitor.ruleset.rule import RuleSet
from monitor.text.analysis import NO_SYNONYMS

RULE = """
name: r
match: troops
tests:
  - text: Troops left.
    fires: true
  - text: Rain fell.
    before: Rain was expected.
    fires: false
  - text: Troops came.
    fires: true
    novelty: changed
"""


def failures(folder, outcome):
    (folder / "r.yaml").write_text(RULE)
    rules, _ = load_rules(folder, builtin_aliases=None)
    calls = []

    def assess(test, rule):
        calls.append((test.before, test.text, rule.name))
        return outcome(test.text)

    problems = run_rule_tests(rules.rules[0], rules, assess)
    assert calls == [
        (None, "Troops left.", "r"),
        ("Rain was expected.", "Rain fell.", "r"),
        (None, "Troops came.", "r"),
    ]
    return [f"{problem.line}:{problem.column}: {problem.message}" for problem in problems]


def test_passing_tests_are_not_reported(tmp_path):
    assert failures(tmp_path, lambda text: EvaluatedTest("Troops" in text, Novelty.CHANGED)) == []


def test_a_failed_test_is_reported_with_its_reason(tmp_path):
    (tmp_path / "r.yaml").write_text(RULE)
    (rule,) = load_rules(tmp_path, builtin_aliases=None)[0].rules
    problems = run_rule_tests(
        rule, RuleSet((rule,)), lambda *_: EvaluatedTest(False, Novelty.NEW), lambda *_: "no match for `troops`"
    )
    assert problems[0].message.endswith("“Troops left.”; no match for `troops`")


def test_each_kind_of_failure_has_its_message(tmp_path):
    assert failures(tmp_path, lambda text: EvaluatedTest(text != "Troops left.", Novelty.NEW)) == [
        "5:5: test of r: expected to fire, but does not (the claim is new): “Troops left.”",
        "7:5: test of r: expected not to fire, but does: “Rain fell.”",
        "10:5: test of r: expected changed, found new: “Troops came.”",
    ]


def test_a_rule_test_sees_the_title_of_the_entry(tmp_path):
    rule_file = RULE.split("tests:")[0] + (
        "tests:\n  - text: They left at noon.\n    title: Troops in Halvik\n    fires: true\n    novelty: new\n"
    )
    (tmp_path / "r.yaml").write_text(rule_file)
    rules, problems = load_rules(tmp_path, builtin_aliases=None)
    assert problems == ()
    assess = partial(evaluate_rule, synonyms=NO_SYNONYMS)
    assert run_rule_tests(rules.rules[0], rules, assess) == ()
