"""The wheel works without the repository: it contains the rules, the templates, the docs and the demo."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and unpack it as pip would into site-packages."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    [wheel] = out.glob("claimwatch-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(out / "site")
    return out / "site"


def run_monitor(site: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the `monitor` command of the wheel in an empty folder."""
    code = f"import sys; sys.path.insert(0, {str(site)!r}); from monitor.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-P", "-c", code, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def test_init_from_the_wheel_writes_a_config_that_passes_check(installed_wheel: Path, tmp_path: Path) -> None:
    assert run_monitor(installed_wheel, tmp_path, "init").returncode == 0
    checked = run_monitor(installed_wheel, tmp_path, "check")

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert (tmp_path / "rules" / "dprk-deployment.yaml").exists()


def test_the_wheel_contains_the_rules_and_templates_of_the_repository(installed_wheel: Path) -> None:
    for folder in ("rules", "templates"):
        wheel_files = {path.name: path.read_bytes() for path in (installed_wheel / "monitor" / folder).iterdir()}
        assert wheel_files == {path.name: path.read_bytes() for path in (ROOT / folder).iterdir()}


def test_the_wheel_contains_the_docs_without_images(installed_wheel: Path) -> None:
    docs = installed_wheel / "monitor" / "docs"
    files = {path.relative_to(docs): path.read_bytes() for path in docs.rglob("*") if path.is_file()}
    source = ROOT / "docs"
    expected = {path.relative_to(source): path for path in source.rglob("*") if path.is_file()}
    assert files == {name: path.read_bytes() for name, path in expected.items() if name.suffix != ".png"}


def test_the_docs_are_shown_from_the_wheel(installed_wheel: Path, tmp_path: Path) -> None:
    folder = run_monitor(installed_wheel, tmp_path, "docs", "--path").stdout.strip()
    assert folder == str(installed_wheel / "monitor" / "docs")
    shown = run_monitor(installed_wheel, tmp_path, "docs", "tutorial").stdout
    assert shown == (ROOT / "docs/tutorial.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in run_monitor(installed_wheel, tmp_path, "docs", "changelog").stdout


def test_the_starter_config_names_commands_and_no_file_of_the_repository(
    installed_wheel: Path, tmp_path: Path
) -> None:
    run_monitor(installed_wheel, tmp_path, "init")
    text = (tmp_path / "config.toml").read_text(encoding="utf-8")
    assert "docs/" not in text
    for page in re.findall(r"monitor docs (\w+)", text):
        assert run_monitor(installed_wheel, tmp_path, "docs", page).returncode == 0


def test_the_demo_runs_from_the_wheel_with_the_expected_outcomes(installed_wheel: Path, tmp_path: Path) -> None:
    finished = run_monitor(installed_wheel, tmp_path, "demo")

    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert len(list((tmp_path / "demo" / "mail").glob("*.eml"))) == 4
    assert "Around 3,000" in finished.stdout
