"""A failed test of a rule is told at the test's own line."""

from monitor.backtest.rule_tests import run_rule_tests
from monitor.model import Novelty
from monitor.ruleset.load import load_rules
from monitor.ruleset.rule import RuleSet

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


def told(folder, outcome):
    (folder / "r.yaml").write_text(RULE)
    rules, _ = load_rules(folder, builtin_aliases=None)
    asked = []

    def assess(before, text, rule):
        asked.append((before, text, rule.name))
        return outcome(text)

    problems = run_rule_tests(rules.rules[0], rules, assess)
    assert asked == [
        (None, "Troops left.", "r"),
        ("Rain was expected.", "Rain fell.", "r"),
        (None, "Troops came.", "r"),
    ]
    return [f"{problem.line}:{problem.column}: {problem.message}" for problem in problems]


def test_tests_that_pass_are_not_mentioned(tmp_path):
    assert told(tmp_path, lambda text: ("Troops" in text, Novelty.CHANGED)) == []


def test_a_test_that_fails_says_what_was_missing_or_which_words_met(tmp_path):
    (tmp_path / "r.yaml").write_text(RULE)
    (rule,) = load_rules(tmp_path, builtin_aliases=None)[0].rules
    problems = run_rule_tests(
        rule, RuleSet((rule,)), lambda *_: (False, Novelty.NEW), lambda *_: "`troops` meets nothing"
    )
    assert problems[0].message.endswith("“Troops left.”; `troops` meets nothing")


def test_each_way_to_fail_has_its_sentence(tmp_path):
    assert told(tmp_path, lambda text: (text != "Troops left.", Novelty.NEW)) == [
        "5:5: test of r: expected to fire, but does not (the claim is new): “Troops left.”",
        "7:5: test of r: expected not to fire, but does: “Rain fell.”",
        "10:5: test of r: expected changed, found new: “Troops came.”",
    ]
