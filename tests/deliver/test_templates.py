"""What `check` says of templates, and that the documentation names what a template sees."""

from __future__ import annotations

import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from kit.delivery import NOON, TEMPLATES_FOLDER, builtin_templates

from monitor.deliver.render import check_templates, render_message, rule_template_names
from monitor.deliver.sample_message import sample_message
from monitor.deliver.template_context import Limits, template_context
from monitor.deliver.templates import ESCAPING_BY_TEMPLATE, MAX_TEMPLATE_BYTES
from monitor.errors import ConfigError

DOCS = TEMPLATES_FOLDER.parent / "docs" / "templates.md"


def told(folder: Path) -> list[str]:
    return [f"{problem}" for problem in check_templates(folder, TEMPLATES_FOLDER)]


def test_the_templates_that_ship_have_no_problems() -> None:
    assert {file.name for file in TEMPLATES_FOLDER.glob("*.j2")} == set(ESCAPING_BY_TEMPLATE)
    assert told(TEMPLATES_FOLDER) == []


def test_a_folder_that_is_not_there_has_no_problems(tmp_path: Path) -> None:
    assert told(tmp_path / "nowhere") == []
    assert check_templates(None, TEMPLATES_FOLDER) == ()


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("email.txt.j2", "Fine\n  {{ headlin }}", "2:6: 'headlin' is undefined"),
        ("email.txt.j2", "{{ findings[0].clam }}", "1:16: 'dict object' has no attribute 'clam'"),
        (
            "email.html.j2",
            "{% for f in findings %}\n{% if %}",
            "2:1: Expected an expression, got 'end of statement block'",
        ),
        ("slack.j2", "{{ title|bald }}", "1:10: No filter named 'bald'."),
        ("slack.j2", "\n\n{% blok x %}", "3:4: Encountered unknown tag 'blok'."),
        ("terminal.j2", "{{ 1 / 0 }}", "1:1: ZeroDivisionError: division by zero"),
    ],
)
def test_each_problem_is_told_with_its_line_and_column(name: str, text: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    assert told(tmp_path) == [f"{tmp_path / name}:{problem}"]


def test_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "email.txt.j2").write_text("{{ a }}")
    (tmp_path / "slack.j2").write_text("{{ b }}")
    (tmp_path / "terminal.j2").write_bytes(b"\xff")

    assert len(told(tmp_path)) == 1  # what cannot be read is told first
    (tmp_path / "terminal.j2").unlink()
    assert len(told(tmp_path)) == 2


def test_a_problem_in_an_included_file_is_told_there(tmp_path: Path) -> None:
    (tmp_path / "email.txt.j2").write_text('{% include "_end.j2" %}')
    (tmp_path / "_end.j2").write_text("\n{{ oops }}")

    assert told(tmp_path) == [f"{tmp_path / '_end.j2'}:2:4: 'oops' is undefined"]


def test_a_file_that_nothing_uses_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "emial.txt.j2").write_text("{{ headline }}")

    (problem,) = check_templates(tmp_path, TEMPLATES_FOLDER)
    assert problem.warning
    assert "expected one of email.subject.j2, email.txt.j2" in problem.message


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * (MAX_TEMPLATE_BYTES + 1)], ids=["not text", "too large"])
def test_a_file_that_cannot_be_read_is_one_problem(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "slack.j2").write_bytes(content)

    assert [line.startswith(f"{tmp_path / 'slack.j2'}:1:1: cannot be read") for line in told(tmp_path)] == [True]
    with pytest.raises(ConfigError):
        builtin_templates(tmp_path)


def names(seen: object, under: str = "") -> set[str]:
    """Every name that a template can say, `findings.nearest.text` for one in lists."""
    if isinstance(seen, list):
        return {name for one in seen for name in names(one, under)}
    if isinstance(seen, dict):
        return {name for key, value in seen.items() for name in {f"{under}{key}"} | names(value, f"{under}{key}.")}
    return set()


def test_the_documentation_names_every_name_that_a_template_sees_and_no_other() -> None:
    seen = template_context(
        sample_message("desk", NOON), Limits(findings=10, claim=600), ZoneInfo("UTC"), "https://claims.example"
    )
    documented = set(re.findall(r"^\| `([a-z_.]+)` \|", DOCS.read_text("utf-8"), re.MULTILINE))

    assert documented == names(seen) | {"note"}


def test_the_example_of_the_documentation_works(tmp_path: Path) -> None:
    examples = re.findall(r"^`([a-z.0-9]+)`:\n+```jinja\n(.*?)```", DOCS.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(examples) >= 2
    for name, text in examples:
        (tmp_path / name).write_text(text)

    assert told(tmp_path) == []
    for kind in ("email", "slack"):
        made = render_message(sample_message("desk", NOON), kind, builtin_templates(tmp_path), ZoneInfo("UTC"), None)
        assert made.note is None


@pytest.mark.parametrize("kind", ["email", "slack", "terminal"])
def test_a_rules_own_template_writes_the_parts_it_has_and_no_others(kind: str, tmp_path: Path) -> None:
    (tmp_path / "email.txt.j2").write_text("everyone: {{ headline }}")
    for name in ("email.txt.j2", "slack.j2", "terminal.j2"):
        (tmp_path / f"brief.{name}").write_text("in brief: {{ headline }}")
    assert told(tmp_path) == []
    sent, templates = sample_message("desk", NOON), builtin_templates(tmp_path)
    brief, usual = (
        render_message(sent, kind, templates, ZoneInfo("UTC"), None, template=name) for name in ("brief", None)
    )
    assert "in brief: " in f"{brief.text}{brief.blocks}"
    assert "in brief: " not in f"{usual.text}{usual.blocks}"
    assert (brief.subject, brief.html) == (usual.subject, usual.html)


def test_a_rules_own_template_that_fails_is_named_and_the_built_in_one_serves(tmp_path: Path) -> None:
    (tmp_path / "brief.email.txt.j2").write_text("Fine\n{{ headlin }}")
    assert told(tmp_path) == [f"{tmp_path}/brief.email.txt.j2:2:4: 'headlin' is undefined"]
    sent = sample_message("desk", NOON)
    made = render_message(sent, "email", builtin_templates(tmp_path), ZoneInfo("UTC"), None, template="brief")
    assert made.note == "template brief.email.txt.j2, line 2: 'headlin' is undefined"
    assert "built-in template" in made.text


def test_the_names_that_rules_may_ask_for_are_those_before_a_known_name(tmp_path: Path) -> None:
    for name in ("brief.slack.j2", "brief.email.txt.j2", "night.desk.terminal.j2", "email.txt.j2", "head.j2"):
        (tmp_path / name).write_text("x")
    assert rule_template_names(tmp_path) == {"brief", "night.desk"}
    assert rule_template_names(tmp_path / "nowhere") == rule_template_names(None) == frozenset()
