"""Built-in files are found beside a checkout and inside an installed package."""

from __future__ import annotations

import shutil
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from monitor import resources
from monitor.resources import builtin_path

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", ["rules", "templates", "config.example.toml"])
def test_built_in_files_are_found_beside_a_checkout(name: str) -> None:
    assert builtin_path(name) == ROOT / name


def test_an_installed_package_uses_its_own_files(tmp_path: Path) -> None:
    package = tmp_path / "site-packages/monitor"
    (package / "rules").mkdir(parents=True)
    (package.parent / "rules").mkdir()
    shutil.copy(resources.__file__, package)
    spec = spec_from_file_location("installed", package / "resources.py")
    assert spec and spec.loader
    installed = module_from_spec(spec)
    spec.loader.exec_module(installed)
    assert installed.builtin_path("rules") == package / "rules"


def test_a_missing_built_in_file_is_an_error() -> None:
    with pytest.raises(FileNotFoundError, match="nothing is missing from this installation"):
        builtin_path("nothing")
