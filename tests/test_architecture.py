"""The shape of the program, held by tests: what may import what, and how long a module may grow."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "monitor").rglob("*.py"))
EVERYWHERE = sorted(path for part in ("monitor", "tests", "benchmarks") for path in (ROOT / part).rglob("*.py"))

PURE = ("model", "text", "compare", "ruleset", "alerts", "assess", "outcome", "deliver/render", "deliver/payload")
OUTSIDE = {
    "aiosmtplib", "alembic", "apscheduler", "asyncio", "feedparser", "http", "httpcore", "httpx", "os", "pebble",
    "random", "select", "socket", "sqlalchemy", "sqlite3", "ssl", "starlette", "subprocess", "tempfile", "threading",
    "time", "urllib.request", "uvicorn",
}  # fmt: skip
ONLY_IN = {
    "sqlalchemy": ("store/", "intake", "replay"),
    "alembic": ("store/",),
    "apscheduler": ("daemon", "clock", "sources/cadence"),
    "feedparser": ("sources/",),
    "aiosmtplib": ("deliver/channels/email", "deliver/"),
    "httpx": ("sources/", "deliver/"),
    "starlette": ("web/", "demo/"),
    "uvicorn": ("web/", "demo/", "daemon"),
}


def name_of(path: Path) -> str:
    """`sources/fetch` for monitor/sources/fetch.py."""
    return path.relative_to(ROOT / "monitor").with_suffix("").as_posix()


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports while it runs; what only the type checker sees does not count."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in walk_running(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def walk_running(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from walk_running(child)


def within(module: str, names: set[str]) -> bool:
    return module in names or module.split(".")[0] in names


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_pure_modules_import_nothing_that_reaches_outside(path: Path) -> None:
    if name_of(path).startswith(PURE):
        assert [module for module in imports(path) if within(module, OUTSIDE)] == []


@pytest.mark.parametrize("library", ONLY_IN)
def test_each_library_that_reaches_outside_is_imported_in_its_own_place_only(library: str) -> None:
    users = {name_of(path) for path in MODULES if any(within(module, {library}) for module in imports(path))}

    assert {user for user in users if not user.startswith(ONLY_IN[library])} == set()


@pytest.mark.parametrize("path", EVERYWHERE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_texts_are_compared_and_mails_sent_with_the_chosen_libraries(path: Path) -> None:
    assert [module for module in imports(path) if within(module, {"difflib", "smtplib"})] == []


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_module_grows_beyond_one_purpose(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350
