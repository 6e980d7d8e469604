"""Paths of the rules, templates and example config that ship with the program.

There is one copy: a wheel has it inside the package, a checkout has it beside the package.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE_FOLDER = Path(__file__).resolve().parent


def builtin_path(name: str) -> Path:
    """Return the path of `rules`, `templates` or `config.example.toml`.

    Raises FileNotFoundError if the installation is damaged.
    """
    for candidate in (_PACKAGE_FOLDER / name, _PACKAGE_FOLDER.parent / name):
        if candidate.exists():
            return candidate
    raise FileNotFoundError(f"{name} is missing from this installation of monitor")
