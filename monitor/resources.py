"""The rules, templates and example config that ship with the program: one copy, which a wheel carries inside
the package and which a checkout keeps beside it.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def builtin(name: str) -> Path:
    """Where `rules`, `templates` or `config.example.toml` lies. FileNotFoundError if the install is damaged."""
    for place in (_PACKAGE / name, _PACKAGE.parent / name):
        if place.exists():
            return place
    raise FileNotFoundError(f"{name} is missing from this installation of monitor")
