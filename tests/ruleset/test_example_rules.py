"""The example rules of the manual pass `monitor check`, and a mistake in one is reported where it is."""

from __future__ import annotations

import shutil
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from monitor.backtest.rule_tests import evaluate_rule, firing_reason, run_rule_tests
from monitor.cli.app import run_command_line
from monitor.ruleset.load import load_rules
from monitor.text.analysis import NO_SYNONYMS

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = sorted((DOCS / "examples/rules").glob("*.yaml"))
CONFIG = """
[monitor]
rules = "rules"
timezone = "UTC"
[[sources]]
name = "wire"
url = "https://example.org/wire.xml"
[channels.desk]
type = "terminal"
[alerts]
notify = ["desk"]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the examples as its rules, as someone would copy them."""
    (tmp_path / "rules").mkdir()
    for path in EXAMPLES:
        shutil.copy(path, tmp_path / "rules")
    (tmp_path / "config.toml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_examples_pass_check_and_are_covered_by_their_tests(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["check", "--coverage"]) == 0
    coverage, summary = capsys.readouterr().out.splitlines()
    assert coverage == "every rule has a test that must fire and one that must not"
    assert summary.startswith("fine (")


def test_the_manual_links_to_each_example() -> None:
    assert len(EXAMPLES) == 9
    manual = (DOCS / "rules.md").read_text("utf-8")
    assert [path.name for path in EXAMPLES if f"](examples/rules/{path.name})" not in manual] == []


MISTAKES = [
    # a file, a part of it, what a beginner writes instead, and the message
    ("sanctions", "defaults:", "default:", "4:1: unknown key `default` beside `rules:`; did you mean `defaults`?"),
    (
        "sanctions",
        "SAME PARAGRAPH (",
        "w/p (",
        "10:18: `w/p` is an operator of other tools: here, write SAME PARAGRAPH",
    ),
    (
        "sanctions",
        "low: true",
        "lo: true",
        "15:7: `severity`: expected info, low, medium, high or critical, found `lo`",
    ),
    ("sanctions", "@sanctions NEAR", "@sanction NEAR", "34:7: unknown alias `@sanction`; did you mean `@sanctions`?"),
    ("sanctions", "    title: Sanctions", "\ttitle: Sanctions", "32:1: invalid YAML: found a tab character"),
    (
        "sanctions",
        "sanctions-lifted",
        "sanctions-listing",
        "31:11: duplicate name `sanctions-listing`; first used at",
    ),
    ("recalls", "3 per 7d", "3 in a week", "24:12: `count`: expected a number and a duration such as `3 per 6h`"),
    (
        "recalls",
        'by: "@makers"',
        "by: @makers",
        "25:9: invalid YAML: a value cannot begin with `@`: put it in quotes",
    ),
    ("recalls", "> 10000", "> 10.000", "9:59: `10.000` is 10 and a fraction: for thousands write `10,000`"),
    (
        "recalls",
        "count: 3",
        "absent: 2d\n    count: 3",
        "24:5: `absent` cannot be combined with `count`: a rule either",
    ),
    ("recalls", "at: 1d", "at: 12:00", "30:49: `at`: expected a duration such as 90s, 15m, 6h or 7d, found `12:00`"),
    ("recalls", "recall*\n    sev", "recall* OR the\n    sev", "8:7: almost every text has `the`: join it with"),
    ("vulnerabilities", "match: >-", "match >-", "7:1: expected `key: value`, found `match >-`"),
    ("vulnerabilities", "score >= 7", "score => 7", "10:14: `=>` is no comparison: write `>=`"),
    ("vulnerabilities", "/cve-\\d{4}-\\d{4,7}/", "cve-*-*", "9:7: `cve-*-*`: the only wildcard is `*` at the end"),
    ("vulnerabilities", 'wild")', "wild)", '10:35: unclosed quote: a phrase ends with `"`'),
    (
        "vulnerabilities",
        "within: passage ",
        "within: sentence ",
        "11:9: `within`: expected claim, passage or update, found `sentence`",
    ),
    ("vulnerabilities", "score of 4.3", "score of 7.3", "24:5: test of vulnerability-of-ours: expected not to fire"),
    ("outbreaks", "above 50", "> 50", "11:43: invalid YAML: a value cannot begin with `>`: put it in quotes"),
    (
        "outbreaks",
        "above 50",
        "over 50",
        "11:43: `alert`: expected `above` or `below` and a number, as in `above 10000`",
    ),
    ("outbreaks", "inhibits: [outbreak]", "inhibits: [outbreaks]", "12:16: unknown rule `outbreaks`; did you mean"),
    (
        "outbreaks",
        "ATLEAST 2 (",
        "atleast2 (",
        "29:21: `atleast2` is an operator of other tools: here, write ATLEAST 2",
    ),
    (
        "outbreaks",
        "2 per day",
        "twice a day",
        "9:15: `throttle`: expected a number and a duration such as `3 per 6h`",
    ),
    (
        "outbreaks",
        "'\"weekly bulletin\"'",
        '"weekly bulletin',
        "40:12: invalid YAML: unclosed quote: expected another",
    ),
    ("outbreaks", "absent: 8d", "absent: 8d\n    throttle: 1/d", "42:5: `throttle` cannot be combined with `absent`"),
    ("layoffs", "~@staff >= 500", "~@staff", "7:3: `~@staff` admits forecasts of a number: expected a comparison"),
    ("layoffs", "~@staff >=", "@staff >=", "but as a forecast; `~@staff >= 500` admits forecasts"),
    ("layoffs", ">= 500\n", "more than 500\n", "7:11: `more than 500` are words here: for a number write `> 500`"),
    ("layoffs", "06:00-20:00", "6am-8pm", "13:9: `active`: expected hours such as `mon-fri 08:00-18:00`"),
    ("layoffs", "2026-12-13T", "13.12.2026 ", "24:9: `at`: expected a date and time such as `2026-12-14T08:00`"),
    ("layoffs", "Large layoffs, done", "Layoffs: done", "5:15: invalid YAML: unexpected `: `; put text with `: `"),
    ("shipping", "NEAR/12", "WITHIN 12", "8:3: `WITHIN` is an operator of other tools: here, write NEAR/12"),
    (
        "shipping",
        "NOT (model OR museum)",
        "NOT model OR museum",
        "9:7: `NOT model OR museum` means `(… NOT model) OR",
    ),
    ("shipping", '"on fire"', "'on fire'", "8:65: `'on fire'` is no phrase: a phrase has double quotes"),
    ("shipping", "d: low", "d: critical", "11:14: `unconfirmed: critical` is above `severity: high` of confirmed"),
    ("shipping", "\nseverity: high", "\npriority: high", "12:1: unknown key `priority`; did you mean `severity`?"),
    ("shipping", "\nseverity: high", "\nseverity high", "12:1: expected `key: value`, found `severity high`"),
    (
        "elections",
        "turnout < 40%",
        "turnout below 40%",
        "10:21: `below 40%` are words here: for a number write `< 40%`",
    ),
    (
        "elections",
        "turnout < 40%",
        "turnout < 40",
        "16:5: test of velden-election: expected severity critical, found low",
    ),
    ("elections", "2035-03-01\n", "1 March 2035\n", "14:10: `expires`: expected a date such as 2027-01-01, found"),
    ("elections", "title:(wins", "headline:(wins", "11:9: unknown scope `headline:`: expected title:, text:, url:"),
    ("elections", "match: >-", "query: >-", "6:1: unknown key `query`; did you mean `match`?"),
    ("elections", 'NOT "opinion poll*"', "NOT velden", "7:3: the query never matches: NOT `velden` excludes"),
    ("central-banks", "20bp OR", "20bsp OR", "7:40: unknown unit `bsp` after `>=`: expected %, bp, a currency"),
    ("central-banks", "20bp OR", "20 OR", "“25 basis points”, near “rate”, has another unit; write the unit after"),
    (
        "central-banks",
        "@central-banks",
        "@central banks",
        "7:3: unknown alias `@central`; did you mean `@central-banks`?",
    ),
    ("central-banks", "throttle:", "  throttle:", "13:13: `throttle` under `figures`: expected a table of keys"),
    ("central-banks", "match: >-", "match: >-\n  # large steps", "7:3: `#` begins no comment inside a query"),
]


@pytest.mark.parametrize(("name", "right", "wrong", "message"), MISTAKES)
def test_a_mistake_is_reported_where_it_is_with_the_cure(
    folder: Path, name: str, right: str, wrong: str, message: str
) -> None:
    path = folder / f"rules/{name}.yaml"
    text = path.read_text("utf-8")
    assert right in text
    path.write_text(text.replace(right, wrong, 1), "utf-8")

    rules, problems = load_rules(folder / "rules", builtin_aliases=None)
    functions = [partial(function, synonyms=NO_SYNONYMS) for function in (evaluate_rule, firing_reason)]
    failures = [failure for rule in rules.rules for failure in run_rule_tests(rule, rules, *functions)]

    assert any(f"{path}:" in text and message in text for text in map(str, (*problems, *failures)))


def test_each_example_has_at_least_five_mistakes() -> None:
    count_by_file = Counter(name for name, *_ in MISTAKES)
    assert {path.stem for path in EXAMPLES} - {"aliases"} == count_by_file.keys()
    assert min(count_by_file.values()) >= 5
