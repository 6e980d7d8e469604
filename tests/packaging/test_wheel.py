"""The wheel runs without the checkout: rules, templates and demo lie inside it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's files, as pip would lay them into site-packages."""
    out = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    [wheel] = out.glob("claimwatch-*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(out / "site")
    return out / "site"


def monitor(site: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as the wheel has it, run in an empty folder."""
    code = f"import sys; sys.path.insert(0, {str(site)!r}); from monitor.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-P", "-c", code, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def test_wheel_writes_a_first_config_that_passes_its_own_check(unpacked: Path, tmp_path: Path) -> None:
    assert monitor(unpacked, tmp_path, "init").returncode == 0
    checked = monitor(unpacked, tmp_path, "check")

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert (tmp_path / "rules" / "dprk-deployment.yaml").exists()


def test_wheel_carries_one_copy_of_rules_and_templates(unpacked: Path) -> None:
    for folder in ("rules", "templates"):
        shipped = {path.name: path.read_bytes() for path in (unpacked / "monitor" / folder).iterdir()}
        assert shipped == {path.name: path.read_bytes() for path in (ROOT / folder).iterdir()}


def test_demo_runs_from_the_wheel_and_every_step_comes_out_as_told(unpacked: Path, tmp_path: Path) -> None:
    shown = monitor(unpacked, tmp_path, "demo")

    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert len(list((tmp_path / "demo" / "mail").glob("*.eml"))) == 4
    assert "Around 3,000" in shown.stdout
