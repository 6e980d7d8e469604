"""Reads a folder of rule files into a `RuleSet`, with every problem at its path, line and column."""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from monitor.errors import Problem
from monitor.ruleset.faults import Fault
from monitor.ruleset.keep import aliases_of
from monitor.ruleset.rule import NO_ALIASES, RuleSet
from monitor.ruleset.rulefile import Known, RuleReader
from monitor.ruleset.sourcetext import SourceText
from monitor.ruleset.yamltree import LONGEST, Tree, read_tree

ALIASES = "aliases.yaml"


def load_rules(
    folder: Path,
    *,
    builtin_aliases: Path | None,
    channels: Collection[str] | None = None,
    sources: Collection[str] | None = None,
    templates: Collection[str] | None = None,
) -> tuple[RuleSet, tuple[Problem, ...]]:
    """The enabled rules of a folder and all problems; with any that is no warning the set must not be used.

    `channels`, `sources` and `templates` are the names that rules may mention (None: any). "tag:…" among `sources`
    are the tags.
    """
    if not folder.is_dir():
        return RuleSet(()), (Problem(folder, 1, 1, "there is no such folder of rules"),)
    own = folder / ALIASES
    paths = [path for path in rule_files(folder) if path != own]
    rules, problems = load_files(
        paths,
        aliases=own if own.is_file() else builtin_aliases,
        channels=channels,
        sources=sources,
        templates=templates,
    )
    if not paths:
        nothing = Problem(folder, 1, 1, "no rule files (*.yaml) here: nothing will alert", warning=True)
        return rules, (*problems, nothing)
    return rules, problems


def rule_files(folder: Path) -> list[Path]:
    """The YAML files of a folder by name; hidden ones, which editors leave, are none."""
    found = (path for path in folder.iterdir() if path.suffix in (".yaml", ".yml") and path.name[0] != ".")
    return sorted(path for path in found if not path.is_dir())


@contextmanager
def nothing_thrown_away() -> Iterator[None]:
    """Looks for no garbage: all that is read is kept, and among so much the looking takes a third of the time."""
    looked = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looked:
            gc.enable()


@nothing_thrown_away()
def load_files(
    paths: Iterable[Path],
    *,
    aliases: Path | None,
    channels: Collection[str] | None = None,
    sources: Collection[str] | None = None,
    templates: Collection[str] | None = None,
) -> tuple[RuleSet, tuple[Problem, ...]]:
    """The enabled rules of some files and all problems, as `load_rules`."""
    problems: list[Problem] = []
    digest = sha256()
    vocabulary, same = NO_ALIASES, dict[str, tuple[str, ...]]()
    if aliases is not None:
        source, tree = read_yaml(aliases, problems, digest.update)
        if tree is not None:
            vocabulary, same, faults = aliases_of(source.text)
            problems += [source.problem(fault) for fault in faults]
    reader = RuleReader(Known(vocabulary, channels, sources, templates), problems)
    for path in paths:
        source, tree = read_yaml(path, problems, digest.update)
        if tree is not None:
            reader.read(source, tree)
    rules = tuple(rule for rule in reader.rules if rule.enabled)
    off = tuple(rule.name for rule in reader.rules if not rule.enabled)
    return RuleSet(rules, same, digest.hexdigest(), off, vocabulary), tuple(sorted(problems))


def read_yaml(path: Path, problems: list[Problem], taken: Callable[[bytes], None]) -> tuple[SourceText, Tree | None]:
    """The text of a file and its tree; None for the tree if it cannot be read. `taken` is given the bytes."""
    try:
        source = SourceText(path, decoded(path, taken))
    except Fault as fault:
        problems.append(SourceText(path, "").problem(fault))
        return SourceText(path, ""), None
    tree, faults = read_tree(source.text)
    if tree is None and not faults:
        faults = [Fault("this file is empty")]
    problems += [source.problem(fault) for fault in faults]
    return source, tree


def decoded(path: Path, taken: Callable[[bytes], None]) -> str:
    """The text of a file. Raises Fault."""
    try:
        with path.open("rb") as file:
            content = file.read(LONGEST + 1)
    except OSError as error:
        raise Fault(f"this file cannot be read: {error.strerror}") from None
    if len(content) > LONGEST:
        raise Fault(f"this file is larger than {LONGEST:,} bytes")
    taken(path.name.encode() + b"\0" + content)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Fault(f"this file is not UTF-8 text (byte {error.start + 1:,})") from None
