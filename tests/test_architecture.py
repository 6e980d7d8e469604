"""The structure of the program: the order of its layers, the purity of its middle, the size of its modules.

`docs/architecture.md` draws the same layers.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted(path for path in (ROOT / "monitor").rglob("*.py") if "migrations" not in path.parts)
ALL_CODE = sorted(path for part in ("monitor", "tests", "benchmarks") for path in (ROOT / part).rglob("*.py"))

# Bottom to top. A package or module imports only from the lines above its own, lazy and type-only imports included.
LAYERS = [
    {"evidence"},
    {"model", "errors", "units", "log", "metrics", "resources", "characters", "validation_text"},
    {"text", "serialize", "process_pool", "heap", "cron"},
    {"compare", "config"},
    {"ruleset", "net"},
    {"alerts"},
    {"assess", "sources", "deliver"},
    {"store", "config_file", "policy"},
    {"rule_report"},
    {"runtime", "actions", "listings"},
    {"polling", "sending"},
    {"pipeline", "backtest"},
    {"web"},
    {"daemon"},
    {"demo"},
    {"cli"},
]

# The middle decides what is news and whom to alert. It takes `now` as an argument and loads no library that does I/O.
PURE = (
    "evidence", "characters", "model", "errors", "units", "serialize", "text.", "compare.", "ruleset.", "alerts.",
    "assess", "daemon.health", "daemon.sharing", "polling.outcome",
    "config.quiet_hours", "sources.adaptive_interval", "sources.anomalies", "sources.flapping", "sources.health",
    "sources.host_slots", "sources.moving_lines", "sources.schedule", "sources.state", "deliver.backoff",
    "deliver.delivery_status",
    "deliver.escaping", "deliver.excerpt", "deliver.grouping", "deliver.headline", "deliver.headline_topic",
    "deliver.render", "deliver.sanitize", "deliver.slack_blocks",
    "deliver.template_context", "deliver.webhook_payload", "deliver.word_diff",
)  # fmt: skip
IO_LIBRARIES = {
    "aiosmtplib", "alembic", "apscheduler", "asyncio", "feedparser", "http.client", "httpcore", "httpx",
    "multiprocessing", "pebble", "sqlalchemy", "sqlite3", "ssl", "starlette", "subprocess", "urllib.request",
    "uvicorn",
}  # fmt: skip
# Always loaded with the interpreter, or by pydantic: here only our own imports of them count.
IO_MODULES = {"os", "random", "select", "socket", "tempfile", "threading", "time"}

ONLY_IN = {
    "sqlalchemy": ("store.", "polling.ingest", "polling.absence", "polling.followups", "backtest.replay"),
    "alembic": ("store.",),
    "apscheduler": ("daemon.", "cron"),
    "feedparser": ("sources.parse.",),
    "aiosmtplib": ("deliver.channels.email", "deliver."),
    "httpx": ("net.", "sources.", "deliver."),
    "starlette": ("web.", "demo."),
    "uvicorn": ("web.", "demo.", "daemon."),
}


def module_name(path: Path) -> str:
    """`net.fetcher` for monitor/net/fetcher.py, `net` for monitor/net/__init__.py."""
    return ".".join(path.relative_to(ROOT / "monitor").with_suffix("").parts).removesuffix(".__init__")


NAMES = {module_name(path) for path in MODULES}


@cache
def imports(path: Path, *, type_only: bool = True) -> list[str]:
    """Every module that a file imports, wherever the import statement is; our own without `monitor.`.

    With `type_only` false, without the imports that only the type checker sees.
    """
    found = []
    for node in nodes(ast.parse(path.read_text(encoding="utf-8")), type_only):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            submodules = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [name if name.removeprefix("monitor.") in NAMES else node.module for name in submodules]
    return [name.removeprefix("monitor.") for name in dict.fromkeys(found)]


def nodes(node: ast.AST, type_only: bool) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if type_only or not (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)):
            yield child
            yield from nodes(child, type_only)


def is_pure(name: str) -> bool:
    return any(name == pure or (pure.endswith(".") and name.startswith(pure)) for pure in PURE)


def belongs_to(name: str, libraries: set[str]) -> bool:
    return name in libraries or name.split(".")[0] in libraries


def layer_of(name: str) -> int:
    top = name.split(".")[0]
    return next(number for number, names in enumerate(LAYERS) if top in names)


def upward_imports(path: Path) -> Iterator[str]:
    """The imports of a file that lead to its own layer or a higher one, its own package aside."""
    name = module_name(path)
    if name in ("", "__init__", "__main__"):
        return
    for imported in imports(path):
        is_own = imported not in NAMES or imported.split(".")[0] in (name.split(".")[0], "__init__")
        if not is_own and layer_of(imported) >= layer_of(name):
            yield f"{name} imports {imported}"


def circles(edges: dict[str, set[str]]) -> list[list[str]]:
    """The groups of nodes that reach each other."""

    def reachable(start: str) -> set[str]:
        seen: set[str] = set()
        pending = [start]
        while pending:
            for following in edges.get(pending.pop(), set()) - seen:
                seen.add(following)
                pending.append(following)
        return seen

    reach = {node: reachable(node) for node in edges}
    groups = {frozenset(other for other in reach[node] if node in reach.get(other, ())) for node in edges}
    return sorted(sorted(group) for group in groups if len(group) > 1)


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_a_module_imports_only_from_lower_layers(path: Path) -> None:
    assert list(upward_imports(path)) == []


def test_no_files_import_each_other_in_a_circle() -> None:
    edges = {module_name(path): {name for name in imports(path) if name in NAMES} for path in MODULES}

    assert circles(edges) == []


def test_no_packages_import_each_other_in_a_circle() -> None:
    edges: dict[str, set[str]] = {}
    for path in MODULES:
        package = module_name(path).rpartition(".")[0] if path.name != "__init__.py" else module_name(path)
        own = {name if (ROOT / "monitor" / name.replace(".", "/")).is_dir() else name.rpartition(".")[0]
               for name in imports(path) if name in NAMES}  # fmt: skip
        edges.setdefault(package, set()).update(own - {package, ""})
    del edges[""]  # the modules at the top: each is a layer of its own

    assert circles(edges) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(name for name in NAMES if is_pure(name)))
def test_loading_a_pure_module_loads_no_library_that_does_io(name: str) -> None:
    code = f"import sys, monitor.{name}; print(*(m for m in {sorted(IO_LIBRARIES)!r} if m in sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)

    assert loaded.stdout.split() == []


@pytest.mark.parametrize("path", [path for path in MODULES if is_pure(module_name(path))], ids=module_name)
def test_a_pure_module_imports_no_clock_and_no_randomness(path: Path) -> None:
    running = imports(path, type_only=False)

    assert [name for name in running if belongs_to(name, IO_MODULES | IO_LIBRARIES)] == []


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_that_does_io_is_imported_only_where_it_belongs(library: str) -> None:
    users = {
        module_name(path)
        for path in MODULES
        if any(belongs_to(name, {library}) for name in imports(path, type_only=False))
    }

    assert {user for user in users if not user.startswith(ONLY_IN[library])} == set()


@pytest.mark.parametrize("path", ALL_CODE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_texts_are_compared_and_mails_sent_with_the_chosen_libraries(path: Path) -> None:
    assert [name for name in imports(path) if belongs_to(name, {"difflib", "smtplib"})] == []


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_a_module_has_at_most_350_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350


def public_names(kind: type[ast.AST] | tuple[type[ast.AST], ...]) -> dict[str, list[str]]:
    """The public classes or functions at the top of modules, each with the modules that define it."""
    modules: dict[str, list[str]] = {}
    for path in MODULES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, kind) and not node.name.startswith("_"):  # type: ignore[attr-defined]
                modules.setdefault(node.name, []).append(module_name(path))  # type: ignore[attr-defined]
    return modules


def test_no_two_public_classes_share_a_name() -> None:
    assert {name: modules for name, modules in public_names(ast.ClassDef).items() if len(modules) > 1} == {}


def test_a_public_function_name_is_used_in_at_most_two_modules() -> None:
    functions = public_names((ast.FunctionDef, ast.AsyncFunctionDef))
    del functions["command"]  # the interface of a module in cli/

    assert {name: modules for name, modules in functions.items() if len(modules) > 2} == {}
