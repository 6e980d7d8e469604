"""Checks of template folders, templates of rules, and the docs of the names that a template sees."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from kit.delivery import NOON, TEMPLATES_FOLDER, builtin_templates, make_alert, make_alert_finding

from monitor.config_file.load import read_config
from monitor.deliver.finding_context import Limits
from monitor.deliver.render import check_templates, render_message, rule_template_names
from monitor.deliver.render_settings import RenderSettings
from monitor.deliver.sample_message import sample_message
from monitor.deliver.template_context import template_context
from monitor.deliver.templates import ESCAPING_BY_TEMPLATE, MAX_TEMPLATE_BYTES, WEBHOOK_TEMPLATE, load_templates
from monitor.errors import ConfigError
from monitor.resources import builtin_path

DOCS = TEMPLATES_FOLDER.parent / "docs" / "templates.md"


def problem_lines(folder: Path) -> list[str]:
    return [f"{problem}" for problem in check_templates(folder, TEMPLATES_FOLDER)]


def test_the_built_in_templates_have_no_problems(tmp_path: Path) -> None:
    assert {file.name for file in TEMPLATES_FOLDER.glob("*.j2")} | {WEBHOOK_TEMPLATE} == set(ESCAPING_BY_TEMPLATE)
    copied = shutil.copytree(TEMPLATES_FOLDER, tmp_path / "copied")
    assert problem_lines(copied) == []


def test_without_a_folder_of_its_own_a_config_has_no_custom_templates(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "config.toml").write_text('[[sources]]\nname = "wire"\nurl = "https://news.example/feed"\n')
    config = read_config(tmp_path / "config.toml", env={})
    assert load_templates(config.monitor.templates, builtin_path("templates")).custom == ()


def test_a_missing_folder_has_no_problems(tmp_path: Path) -> None:
    assert problem_lines(tmp_path / "nowhere") == []
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
        ("email.txt.j2", "{{ data.id }}", "1:4: 'data' is undefined"),
        ("webhook.json.j2", '{\n "text": {{ headlin }}}', "2:13: 'headlin' is undefined"),
        ("brief.webhook.json.j2", '{"text": {{ [headlin] }}}', "1:14: 'headlin' is undefined"),
    ],
)
def test_each_problem_is_reported_with_line_and_column(name: str, text: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    assert problem_lines(tmp_path) == [f"{tmp_path / name}:{problem}"]


def test_problems_of_all_files_are_reported_at_once(tmp_path: Path) -> None:
    (tmp_path / "email.txt.j2").write_text("{{ a }}")
    (tmp_path / "slack.j2").write_text("{{ b }}")
    (tmp_path / "terminal.j2").write_bytes(b"\xff")

    assert len(problem_lines(tmp_path)) == 1  # unreadable files are reported first
    (tmp_path / "terminal.j2").unlink()
    assert len(problem_lines(tmp_path)) == 2


def test_a_problem_in_an_included_file_is_reported_in_that_file(tmp_path: Path) -> None:
    (tmp_path / "email.txt.j2").write_text('{% include "_end.j2" %}')
    (tmp_path / "_end.j2").write_text("\n{{ oops }}")

    assert problem_lines(tmp_path) == [f"{tmp_path / '_end.j2'}:2:4: 'oops' is undefined"]


def test_an_unused_file_gives_a_warning(tmp_path: Path) -> None:
    (tmp_path / "emial.txt.j2").write_text("{{ headline }}")

    (problem,) = check_templates(tmp_path, TEMPLATES_FOLDER)
    assert problem.warning
    assert "expected one of email.subject.j2, email.txt.j2" in problem.message


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * (MAX_TEMPLATE_BYTES + 1)], ids=["not text", "too large"])
def test_an_unreadable_file_gives_one_problem(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "slack.j2").write_bytes(content)

    (line,) = problem_lines(tmp_path)
    assert line.startswith(f"{tmp_path / 'slack.j2'}:1:1: cannot be read")
    with pytest.raises(ConfigError):
        builtin_templates(tmp_path)


def template_names(context: object, prefix: str = "") -> set[str]:
    """Return every name in a template context, such as `findings.nearest.text` for a name in a list."""
    if isinstance(context, list):
        return {name for item in context for name in template_names(item, prefix)}
    if isinstance(context, dict):
        return {
            name
            for key, value in context.items()
            for name in {f"{prefix}{key}"} | template_names(value, f"{prefix}{key}.")
        }
    return set()


def test_the_docs_list_exactly_the_names_that_a_template_sees() -> None:
    single = sample_message("desk", NOON)
    other = make_alert(make_alert_finding("A mill burns.", entry="e2"), id="a2", rule="mills")
    batch = replace(single, alerts=(*single.alerts, other))
    names = set[str]().union(
        *(
            template_names(template_context(message, Limits(findings=10, claim=600), RenderSettings(ZoneInfo("UTC"))))
            for message in (single, batch)
        )
    )
    documented = set(re.findall(r"^\| `([a-z_.]+)` \|", DOCS.read_text("utf-8"), re.MULTILINE))

    assert documented == names | {"note", "data"}


def test_the_examples_in_the_docs_work(tmp_path: Path) -> None:
    examples = re.findall(r"^`([a-z.0-9]+)`:\n+```jinja\n(.*?)```", DOCS.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert len(examples) >= 2
    for name, text in examples:
        (tmp_path / name).write_text(text)

    assert problem_lines(tmp_path) == []
    for kind in ("email", "slack", "webhook"):
        message, templates = sample_message("desk", NOON), builtin_templates(tmp_path)
        assert render_message(message, kind, templates, RenderSettings(ZoneInfo("UTC"))).note is None


@pytest.mark.parametrize("kind", ["email", "slack", "terminal"])
def test_a_template_of_a_rule_replaces_only_the_parts_it_has(kind: str, tmp_path: Path) -> None:
    (tmp_path / "email.txt.j2").write_text("everyone: {{ headline }}")
    for name in ("email.txt.j2", "slack.j2", "terminal.j2"):
        (tmp_path / f"brief.{name}").write_text("in brief: {{ headline }}")
    assert problem_lines(tmp_path) == []
    message, templates = sample_message("desk", NOON), builtin_templates(tmp_path)
    brief, default = (
        render_message(message, kind, templates, RenderSettings(ZoneInfo("UTC"), template=name))
        for name in ("brief", None)
    )
    assert "in brief: " in f"{brief.text}{brief.blocks}"
    assert "in brief: " not in f"{default.text}{default.blocks}"
    assert (brief.subject, brief.html) == (default.subject, default.html)


def test_a_failed_template_of_a_rule_is_named_and_replaced_by_the_built_in_one(tmp_path: Path) -> None:
    (tmp_path / "brief.email.txt.j2").write_text("Fine\n{{ headlin }}")
    assert problem_lines(tmp_path) == [f"{tmp_path}/brief.email.txt.j2:2:4: 'headlin' is undefined"]
    message = sample_message("desk", NOON)
    rendered = render_message(
        message, "email", builtin_templates(tmp_path), RenderSettings(ZoneInfo("UTC"), template="brief")
    )
    assert rendered.note == "template brief.email.txt.j2, line 2: 'headlin' is undefined"
    assert "built-in template" in rendered.text


def test_rule_template_names_are_the_file_names_without_the_part(tmp_path: Path) -> None:
    for name in ("brief.slack.j2", "brief.email.txt.j2", "night.desk.terminal.j2", "email.txt.j2", "head.j2"):
        (tmp_path / name).write_text("x")
    assert rule_template_names(tmp_path) == {"brief", "night.desk"}
    assert rule_template_names(tmp_path / "nowhere") == rule_template_names(None) == frozenset()
