"""The text of one rule in its file: its lines, with the defaults of the file, also in files with problems."""

from __future__ import annotations

import pytest

from monitor.ruleset.rule_text import RuleText, find_rule_text

SINGLE = "# A rule.\nname: boats\nmatch: boat*\n"
SEVERAL = """\
# Two rules.
defaults:
  severity: high   # of both

rules:
  # The first.
  - name: boats
    match: boat*

  # The second:
  # about bridges.
  - match: bridge*
    name: bridges
    tests:
      - text: "A bridge\u2028fell."
        fires: true
"""


def test_a_file_with_one_rule_is_its_text() -> None:
    found = find_rule_text(SINGLE, "boats")

    assert found == RuleText(1, SINGLE)
    assert found.copy == SINGLE


def test_of_several_rules_one_is_found_with_its_comments() -> None:
    first, second = find_rule_text(SEVERAL, "boats"), find_rule_text(SEVERAL, "bridges")

    assert first and second
    assert (first.first_line, first.text) == (6, "  # The first.\n  - name: boats\n    match: boat*\n")
    assert second.first_line == 10
    assert second.text.split("\n")[0:3] == ["  # The second:", "  # about bridges.", "  - match: bridge*"]
    assert second.text.endswith("        fires: true\n")


def test_the_copy_of_one_of_several_rules_is_a_file_with_the_defaults() -> None:
    found = find_rule_text(SEVERAL, "boats")

    assert found
    assert found.copy == (
        "defaults:\n  severity: high   # of both\nrules:\n  # The first.\n  - name: boats\n    match: boat*\n"
    )
    assert find_rule_text(found.copy, "boats") == RuleText(1, found.copy)


def test_a_key_after_the_rules_is_no_part_of_the_last_one() -> None:
    found = find_rule_text("rules:\n- name: a\n  match: b\n- name: c\n  match: d\n\ndefaults: {severity: low}\n", "c")

    assert found
    assert found.text == "- name: c\n  match: d\n"
    assert found.copy == "defaults: {severity: low}\nrules:\n- name: c\n  match: d\n"


def test_lines_may_end_in_carriage_returns() -> None:
    found = find_rule_text(SEVERAL.replace("\n", "\r\n"), "bridges")

    assert found
    assert (found.first_line, found.text.count("\n")) == (10, 7)
    assert find_rule_text(found.copy, "bridges")


@pytest.mark.parametrize(
    "text",
    ["rules: [{name: a, match: b}, {name: c, match: d}]\n", "rules: [{name: a, match: b},\n  {name: c, match: d}]\n"],
)
def test_rules_that_share_lines_are_shown_together(text: str) -> None:
    assert find_rule_text(text, "a") == RuleText(1, text)


@pytest.mark.parametrize(
    "text", ["", "- name: a\n", "name: [a]\n", "rules: a\n", "name: a\nmatch: 'b", "rules:\n - a\n"]
)
def test_without_such_a_rule_there_is_no_text(text: str) -> None:
    assert find_rule_text(text, "a") is None
