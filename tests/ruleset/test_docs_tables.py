"""A newcomer can follow docs/rules.md to the letter: the rule loads, and breaking it says what the manual says."""

import re
from functools import partial
from pathlib import Path

import pytest

from monitor.backtest.rule_tests import evaluate_rule, firing_reason, run_rule_tests
from monitor.ruleset.load import load_rules
from monitor.text.analysis import Synonyms

ROOT = Path(__file__).parents[2]
MANUAL = (ROOT / "docs/rules.md").read_text("utf-8")
RULE = re.search(r"```yaml\n(name: dprk-troops\n.*?)```", MANUAL, re.DOTALL)[1]
SAID = dict(re.findall(r"^\| (.*?) \| `(rules/dprk.yaml:.*)` \|$", MANUAL, re.MULTILINE))
EDITS = {
    "`sverity: high`": ("severity:", "sverity:"),
    "`NEAR/0`": ("NEAR/15", "NEAR/0"),
    "`near/15`": ("NEAR/15", "near/15"),
    "no `)` after `pyongyang`": ("pyongyang)", "pyongyang"),
    '`"north korea*` without its last quote': ('korea*" OR', "korea* OR"),
    "`@dprkk` for the names": ('"north korea*" OR dprk OR pyongyang', "@dprkk"),
    "`troop` for `troop*`": ("troop* OR", "troop OR"),
}


def check(folder: Path, text: str) -> list[str]:
    (folder / "dprk.yaml").write_text(text, "utf-8")
    rules, problems = load_rules(folder, builtin_aliases=ROOT / "rules/aliases.yaml")
    same = Synonyms.from_mapping(rules.synonyms)
    asked = (partial(ask, synonyms=same) for ask in (evaluate_rule, firing_reason))
    failed = [problem for rule in rules.rules for problem in run_rule_tests(rule, rules, *asked)]
    return [str(problem).replace(str(folder), "rules") for problem in (*problems, *failed)]


def test_the_rule_of_the_manual_passes(tmp_path):
    assert check(tmp_path, RULE) == []


def test_every_break_of_the_manual_is_tried():
    assert set(SAID) == set(EDITS)


@pytest.mark.parametrize("change", EDITS)
def test_breaking_the_rule_says_what_the_manual_says(tmp_path, change):
    old, new = EDITS[change]
    assert RULE.count(old) == 1

    assert check(tmp_path, RULE.replace(old, new)) == [SAID[change]]
