"""The tutorial in docs/rules.md is correct: its rule loads, and each change gives the message that it shows."""

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
MESSAGES = dict(re.findall(r"^\| (.*?) \| `(rules/dprk.yaml:.*)` \|$", MANUAL, re.MULTILINE))
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
    synonyms = Synonyms.from_mapping(rules.synonyms)
    functions = [partial(function, synonyms=synonyms) for function in (evaluate_rule, firing_reason)]
    failures = [problem for rule in rules.rules for problem in run_rule_tests(rule, rules, *functions)]
    return [str(problem).replace(str(folder), "rules") for problem in (*problems, *failures)]


def test_the_rule_of_the_tutorial_has_no_problems(tmp_path):
    assert check(tmp_path, RULE) == []


def test_every_change_of_the_tutorial_is_tested():
    assert set(MESSAGES) == set(EDITS)


@pytest.mark.parametrize("change", EDITS)
def test_a_change_of_the_tutorial_gives_the_message_shown(tmp_path, change):
    old, new = EDITS[change]
    assert RULE.count(old) == 1

    assert check(tmp_path, RULE.replace(old, new)) == [MESSAGES[change]]
