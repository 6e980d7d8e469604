"""The rules, templates and example config that ship with the program: one copy, which a wheel carries inside
the package and which a checkout keeps beside it.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE_FOLDER = Path(__file__).resolve().parent


def builtin_path(name: str) -> Path:
    """Where `rules`, `templates` or `config.example.toml` lies. FileNotFoundError if the install is damaged."""
    for candidate in (_PACKAGE_FOLDER / name, _PACKAGE_FOLDER.parent / name):
        if candidate.exists():
            return candidate
    raise FileNotFoundError(f"{name} is missing from this installation of monitor")
