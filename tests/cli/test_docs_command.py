"""`monitor docs`: lists the pages, shows one, and finds the folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.cli.app import run_command_line
from monitor.cli.docs import for_terminal, page_paths, read_page
from monitor.resources import builtin_path


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run_command_line(["docs", *arguments]) == 0
    return capsys.readouterr().out


def test_the_pages_are_listed_with_their_titles(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys).splitlines()
    assert any(line.startswith("reference ") and line.endswith(" Reference") for line in lines)
    assert {line.split()[0] for line in lines[:-1]} == {path.stem for path in builtin_path("docs").glob("*.md")} | {
        "decisions"
    }


@pytest.mark.parametrize("name", ["rules", "rules.md", "decisions", "decisions/0001-synchronous-store"])
def test_a_page_is_printed_as_markdown_to_a_pipe(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, name)
    assert text == page_paths()[name.removesuffix(".md")].read_text()


def test_the_changelog_is_included(capsys: pytest.CaptureFixture[str]) -> None:
    assert "## [Unreleased]" in shown(capsys, "changelog")


def test_no_page_shows_an_include_line() -> None:
    assert [name for name, path in page_paths().items() if "--8<--" in read_page(path)] == []


def test_the_folder_and_the_file_of_a_page_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(shown(capsys, "--path").strip())
    assert folder == builtin_path("docs")
    assert Path(shown(capsys, "rules", "--path").strip()) == folder / "rules.md"


def test_a_page_on_a_terminal_has_no_links_between_pages() -> None:
    page = "See [rules](rules.md#when), ![a chart](chart.png) and [a site](https://example.org).\n<!-- x -->\n"
    assert for_terminal(page) == "See rules, a chart and [a site](https://example.org).\n"
