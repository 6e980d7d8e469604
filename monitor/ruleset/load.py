"""Reads a folder of rule files into a `RuleSet`, with every problem at its path, line and column."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from monitor.errors import Problem
from monitor.ruleset.compile_cache import cached_aliases
from monitor.ruleset.query.faults import SyntaxFault
from monitor.ruleset.rule import NO_ALIASES, QueryAliases, RuleSet
from monitor.ruleset.rule_reader import ANY_NAMES, DEFAULT_SURROUNDINGS, KnownNames, RuleReader, Surroundings
from monitor.ruleset.source_text import SourceText
from monitor.ruleset.yaml_tree import MAX_YAML_BYTES, YamlNode, parse_yaml

ALIASES_FILE = "aliases.yaml"


class AnyName(Mapping[str, None]):
    """The aliases of an unreadable file: every name is one, and none is valid."""

    def __contains__(self, name: object) -> bool:
        return True

    def __getitem__(self, name: str) -> None:
        return None

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def load_rules(
    folder: Path,
    *,
    builtin_aliases: Path | None,
    names: KnownNames = ANY_NAMES,
    surroundings: Surroundings = DEFAULT_SURROUNDINGS,
) -> tuple[RuleSet, tuple[Problem, ...]]:
    """Return the enabled rules of a folder and all problems. If any problem is an error, do not use the rules."""
    if not folder.is_dir():
        return RuleSet(()), (Problem(folder, 1, 1, "the rules folder does not exist"),)
    paths = [path for path in rule_files(folder) if path.name != ALIASES_FILE]
    rules, problems = load_files(
        paths,
        aliases=alias_file(folder, builtin_aliases),
        names=names,
        surroundings=replace(surroundings, has_all_rules=True),
    )
    if not paths:
        no_files_warning = Problem(folder, 1, 1, "no rule files (*.yaml): no alerts will be sent", warning=True)
        return rules, (*problems, no_files_warning)
    return rules, problems


def alias_file(folder: Path, builtin: Path | None) -> Path | None:
    """Return the file with the aliases of a rules folder: its own one, or else the built-in one."""
    path = folder / ALIASES_FILE
    return path if path.is_file() else builtin


def rule_files(folder: Path) -> list[Path]:
    """The YAML files of a folder, sorted; without hidden files, such as those of editors."""
    paths = (path for path in folder.iterdir() if path.suffix in (".yaml", ".yml") and path.name[0] != ".")
    return sorted(path for path in paths if not path.is_dir())


@contextmanager
def gc_disabled() -> Iterator[None]:
    """Disable garbage collection for work that keeps nearly all objects: reading rules takes a third less time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@gc_disabled()
def load_files(
    paths: Iterable[Path],
    *,
    aliases: Path | None,
    names: KnownNames = ANY_NAMES,
    surroundings: Surroundings = DEFAULT_SURROUNDINGS,
) -> tuple[RuleSet, tuple[Problem, ...]]:
    """Return the enabled rules of some files and all problems, as `load_rules`."""
    problems: list[Problem] = []
    digest = sha256()
    query_aliases, synonyms = NO_ALIASES, dict[str, tuple[str, ...]]()
    if aliases is not None:
        source, tree = read_yaml_file(aliases, problems, digest.update)
        query_aliases = QueryAliases(AnyName())  # only the file's own problem is reported
        if tree is not None:
            query_aliases, synonyms, faults = cached_aliases(source.text)
            problems += [source.to_problem(fault) for fault in faults]
    reader = RuleReader(query_aliases, names, problems, surroundings=surroundings)
    for path in paths:
        source, tree = read_yaml_file(path, problems, digest.update)
        if tree is not None:
            reader.read_file(source, tree)
    reader.check_inhibitions()
    rules = tuple(rule for rule in reader.rules if rule.enabled)
    disabled = tuple(rule.name for rule in reader.rules if not rule.enabled)
    return RuleSet(rules, synonyms, digest.hexdigest(), disabled, query_aliases), tuple(sorted(problems))


def read_yaml_file(
    path: Path, problems: list[Problem], on_content: Callable[[bytes], None]
) -> tuple[SourceText, YamlNode | None]:
    """Return the text and the tree of a file (None if invalid). `on_content` receives its name and bytes."""
    try:
        source = SourceText(path, read_text(path, on_content))
    except SyntaxFault as fault:
        problems.append(SourceText(path, "").to_problem(fault))
        return SourceText(path, ""), None
    tree, faults = parse_yaml(source.text)
    if tree is None and not faults:
        faults = [SyntaxFault("the file is empty")]
    problems += [source.to_problem(fault) for fault in faults]
    return source, tree


def read_text(path: Path, on_content: Callable[[bytes], None]) -> str:
    """Return the text of a file. Raises SyntaxFault."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_YAML_BYTES + 1)
    except OSError as error:
        raise SyntaxFault(f"cannot read the file: {error.strerror}") from None
    if len(content) > MAX_YAML_BYTES:
        raise SyntaxFault(f"the file is larger than {MAX_YAML_BYTES:,} bytes")
    on_content(path.name.encode() + b"\0" + content)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SyntaxFault(f"the file is not UTF-8 text (byte {error.start + 1:,})") from None
