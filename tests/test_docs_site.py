"""The documentation builds as a site: links and anchors exist, each page is in the navigation, all is local."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from monitor.cli.docs import page_paths

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Build the site; return its folder and the warnings."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-W", "ignore", "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    warnings = [line for line in finished.stderr.splitlines() if line.startswith(("WARNING", "ERROR"))]
    assert (finished.returncode != 0) == bool(warnings), finished.stderr
    return folder, warnings


def test_the_site_builds_without_warnings(site: tuple[Path, list[str]]) -> None:
    assert site[1] == []


def test_each_page_is_in_the_navigation() -> None:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    in_navigation = set(re.findall(r": ([\w/-]+)\.md$", text, re.MULTILINE))
    pages = {name for name in page_paths() if "/" not in name} - {"decisions"} | {"decisions/README"}
    assert pages - in_navigation == set()


def test_each_decision_is_linked_from_its_list() -> None:
    decisions = ROOT / "docs/decisions"
    linked = set(re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (decisions / "README.md").read_text(encoding="utf-8")))
    assert linked == {path.name for path in decisions.glob("0*.md")}


def test_pages_load_nothing_from_other_servers(site: tuple[Path, list[str]]) -> None:
    pages = list(site[0].rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r"<(?:script|img|iframe|source)\b[^>]*\bsrc=\"?((?:https?:)?//[^\s\">]+)", text)
        loaded += re.findall(r"<link\b(?![^>]*canonical)[^>]*\bhref=\"?((?:https?:)?//[^\s\">]+)", text)
        assert (page.name, loaded) == (page.name, [])
        assert 'class="mermaid"' not in text  # the theme would load a library for it from another server


def test_the_site_can_be_searched(site: tuple[Path, list[str]]) -> None:
    assert "Claimwatch" in (site[0] / "search/search_index.json").read_text(encoding="utf-8")


def test_the_site_has_no_analytics_and_no_fonts_of_others() -> None:
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    assert config["theme"]["font"] is False
    assert set(config["extra"]) == {"generator"}
    assert config["plugins"] == ["search"]
