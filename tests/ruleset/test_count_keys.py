"""`check` on the keys `count`, `by` and `absent`."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.model import Novelty
from monitor.ruleset.load import load_rules
from monitor.ruleset.rule import Rule

ALIASES = """
same:
  ini: [Initech, Ini Corp]
lists:
  makers: [Acme, globex*, "@ini"]
  others: [Hooli]
"""
RULE = "name: r\nmatch: >-\n  recall* AND (@makers OR lamp)\n"


def load(folder: Path, keys: str) -> tuple[Rule | None, list[str]]:
    (folder / "aliases.yaml").write_text(ALIASES)
    (folder / "r.yaml").write_text(RULE + keys + "\n")
    rules, problems = load_rules(folder, builtin_aliases=None)
    return next(iter(rules.rules), None), [
        f"{problem.line}:{problem.column}: {problem.message}" for problem in problems
    ]


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ("count: 5", "4:8: `count`: expected a number and a duration such as `3 per 6h`, found `5`"),
        ("count: 1 per 1h", "4:8: `count`: expected 2 or more; a rule without `count` fires for each match"),
        ("absent: soon", "4:9: `absent`: expected a duration such as 90s, 15m, 6h or 7d, found `soon`"),
        ("by: source", "4:1: `by` has no meaning without `count`, as in `count: 5 per 1h`"),
        (
            "count: 5 per 1h\nby: title",
            '5:5: `by`: expected source, entry or the name of a list such as "@vendors", found `title`',
        ),
        ('count: 5 per 1h\nby: "@maker"', "5:5: `by`: unknown list `@maker`; did you mean `@makers`?"),
        (
            'count: 5 per 1h\nby: "@others"',
            "5:5: `by: @others` counts by the words of a list that `match` does not use",
        ),
        (
            "absent: 2d\ncount: 5 per 1h",
            "4:1: `absent` cannot be combined with `count`: a rule either counts matches or waits for their absence: "
            "write two rules",
        ),
        (
            "absent: 2d\nthrottle: 1 per 1h",
            "5:1: `throttle` cannot be combined with `absent`: it fires once, until something matches again",
        ),
        (
            "count: 5 per 1h\ncorroboration: 2",
            "5:1: `corroboration` cannot be combined with `count`: it would be unclear which of the matches needs "
            "several sources",
        ),
        (
            "count: 5 per 1h\nfigures:\n  n: {of: lamp, alert: above 5}",
            "5:1: `figures` cannot be combined with `count`: a figure alerts at once: follow it in a rule of its own",
        ),
        (
            "absent: 2d\nsince: 7d",
            "5:1: `since` cannot be combined with `absent`: it starts to wait when it is added",
        ),
        (
            "count: 5 per 1h\nsince: 7d",
            "5:1: `since` cannot be combined with `count`: earlier matches were not counted when they were seen; "
            "`monitor try` shows when it would have fired",
        ),
        (
            "count: 5 per 1h\ninhibits: [other]",
            "5:1: `inhibits` cannot be combined with `count`: its alerts are in stories of their own, in which no "
            "other rule alerts",
        ),
        (
            "absent: 2d\ninhibits: [other]",
            "5:1: `inhibits` cannot be combined with `absent`: an absence is in no story of another rule",
        ),
        (
            "absent: 2d\nseverity: {high: lamp, low: true}",
            "5:1: `severity` cannot be combined with `absent`: conditions have no match to look at: write "
            "one severity",
        ),
    ],
)
def test_a_contradiction_is_one_problem_and_no_rule(tmp_path: Path, keys: str, problem: str) -> None:
    assert load(tmp_path, keys) == (None, [problem])


def test_keys_that_may_be_combined_with_count_and_absent_are_accepted(tmp_path: Path) -> None:
    for keys in (
        "count: 5 per 1h\nthrottle: 1 per 1d\nseverity: high\ncorroboration: 1",
        'count: 5 per 1h\nby: "@makers"\nwithin: update',
        "absent: 2d\nsources: [wire]\nnotify: [desk]\nseverity: HIGH",
        "count: 5/hour\nby: SOURCE\nseverity: {high: lamp, low: true}\nactive: mon-fri 08:00-18:00",
        "absent: 2 days\non: [repeated]\nexpires: 2027-01-01",
    ):
        rule, problems = load(tmp_path, keys)
        assert (rule is not None, problems) == (True, [])


def test_each_entry_of_a_list_is_one_thing_to_count_by(tmp_path: Path) -> None:
    rule, _ = load(tmp_path, 'count: 5 per 1h\nby: "@makers"')
    assert rule is not None
    assert rule.count is not None
    assert rule.count.entry_by_term == {
        "Acme": "Acme",
        "globex*": "globex*",
        "Initech": '"Ini Corp"',
        '"Ini Corp"': '"Ini Corp"',
    }


def test_repeated_claims_are_matches_of_a_rule_with_absent(tmp_path: Path) -> None:
    waiting, chosen = (load(tmp_path, keys)[0] for keys in ("absent: 2d", "absent: 2d\non: [new]"))
    assert waiting is not None
    assert chosen is not None
    assert waiting.on == {Novelty.NEW, Novelty.CHANGED, Novelty.REPEATED}
    assert chosen.on == {Novelty.NEW}


@pytest.mark.parametrize(("spelling", "seconds"), [("5 per 1h", 3600), ("5/h", 3600), ("5 per 2 days", 172800)])
def test_a_count_is_spelt_like_a_throttle(tmp_path: Path, spelling: str, seconds: float) -> None:
    rule, problems = load(tmp_path, f"count: {spelling}")
    assert problems == []
    assert rule is not None
    assert rule.count is not None
    assert (rule.count.number, rule.count.seconds) == (5, seconds)


def test_an_absence_cannot_be_inhibited(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("name: other\nmatch: siren*\ninhibits: [r]\n")
    _, problems = load(tmp_path, "absent: 2d")
    assert problems == ["3:12: r has `absent`: an absence is in no story of another rule, so nothing can inhibit it"]


def test_an_absence_of_any_news_needs_no_warning(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text('name: silence\nmatch: "*"\nabsent: 2d\n')
    assert load_rules(tmp_path, builtin_aliases=None)[1] == ()
