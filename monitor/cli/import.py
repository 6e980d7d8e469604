"""`monitor import TOOL FILE`: take over the sources of another tool, and its filters as rules."""

# ruff: noqa: N999

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.options import config_option, load_config
from monitor.cli.output import pluralize, relative_to_cwd, terminal_safe
from monitor.cli.progress import progress_bars
from monitor.errors import MonitorError, ParseError

if TYPE_CHECKING:
    from monitor.config.models import Config
    from monitor.sources.imports.imported import ImportedSource
    from monitor.store.base import NoteProgress

TOOLS = ("urlwatch", "changedetection", "miniflux")
MAX_IMPORT_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """The blocks to append to the config, the rules to write, and a line for each thing that was done or not."""

    blocks: tuple[str, ...]
    rules: tuple[dict[str, Any], ...]
    lines: tuple[str, ...]
    skipped: int


@click.command("import")
@click.argument("tool", type=click.Choice(TOOLS))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@config_option
def command(tool: str, file: Path, path: Path) -> None:
    """Add the sources of urlwatch, changedetection.io or Miniflux to the config, and their filters as rules."""
    from monitor.config_file.append import append_blocks

    config = load_config(path)
    imported = _read_sources(tool, file)
    with progress_bars() as note_progress:
        plan = _plan_import(config, imported, note_progress)
    if plan.blocks:
        append_blocks(config.path, plan.blocks, os.environ)
    rule_file = _write_rules(config, tool, plan.rules) if plan.rules else None
    for line in plan.lines:
        click.echo(terminal_safe(line) if not line.startswith("  ") else f"  {terminal_safe(line)}")
    summary = f"added {pluralize(len(plan.blocks), 'source')} to {path}"
    if rule_file:
        summary += f" and {pluralize(len(plan.rules), 'rule')} to {relative_to_cwd(rule_file)}"
    click.echo(f"{summary}; skipped {plan.skipped}")
    if plan.blocks:
        click.echo("a running daemon follows the new sources within seconds")


def _read_sources(tool: str, file: Path) -> list[ImportedSource]:
    from monitor.sources.imports.changedetection import read_changedetection
    from monitor.sources.imports.miniflux import read_miniflux
    from monitor.sources.imports.urlwatch import read_urlwatch

    readers: dict[str, Callable[[bytes], list[ImportedSource]]] = {
        "urlwatch": read_urlwatch,
        "changedetection": read_changedetection,
        "miniflux": read_miniflux,
    }
    if file.stat().st_size > MAX_IMPORT_BYTES:
        raise MonitorError(f"{file}: the file is too large")
    try:
        return readers[tool](file.read_bytes())
    except ParseError as error:
        raise MonitorError(f"{file}: {error}") from None


def _plan_import(config: Config, imported: Sequence[ImportedSource], note_progress: NoteProgress) -> ImportPlan:
    """Check each source separately, so that one that cannot be used does not keep out the others."""
    from monitor.config_file.append import source_block, unique_source_name
    from monitor.sources.parse.identity import canonical_url

    names_by_url = {canonical_url(source.url): source.name for source in config.sources}
    used_names, rule_names = {source.name for source in config.sources}, _rule_names(config)
    blocks, rules, lines, skipped = [], [], [], 0
    for number, source in enumerate(imported, 1):
        note_progress("sources", number, len(imported))
        shown = source.url or source.title or "an entry"
        reason = source.skipped
        if not reason and (existing_name := names_by_url.get(canonical_url(source.url))):
            reason = f"already in the config, as {existing_name}"
        name = unique_source_name(source.title, used_names)
        if not reason:
            reason = _drop_unusable_options(source, name)
        if reason:
            skipped += 1
            lines.append(f"skipped {shown}: {reason}")
            continue
        used_names.add(name)
        names_by_url[canonical_url(source.url)] = name
        kind = {} if source.kind == "feed" else {"kind": source.kind}
        blocks.append(source_block(name, source.url, source.tags, kind | source.options))
        if rule := _rule_for(source, name, rule_names):
            rules.append(rule)
        lines += [f"added {name}: {shown} ({source.kind})", *(f"  {note}" for note in source.notes)]
    return ImportPlan(tuple(blocks), tuple(rules), tuple(lines), skipped)


def _drop_unusable_options(source: ImportedSource, name: str) -> str:
    """Leave out the options that the config would reject; return why the source itself is unusable, or ""."""
    from pydantic import ValidationError

    from monitor.config.models import SourceConfig

    kind = source.kind
    for key, value in list(source.options.items()):
        table = {"name": name, "url": "https://example.org/", "kind": kind, key: value}
        try:
            SourceConfig.model_validate(table if key != "body" else {**table, "method": "POST"})
        except ValidationError as error:
            del source.options[key]
            source.leave_out(key, _first_reason(error))
    try:
        SourceConfig.model_validate({"name": name, "url": source.url, "kind": kind, "tags": source.tags})
    except ValidationError as error:
        return _first_reason(error)
    return ""


def _first_reason(error: Any) -> str:
    from monitor.validation_text import reason_of

    return reason_of(error.errors(include_url=False)[0])


def _rule_for(source: ImportedSource, name: str, used_names: set[str]) -> dict[str, Any] | None:
    """Return the rule that the filters of a source amount to, None without any or if it cannot be said."""
    from monitor.config_file.append import unique_source_name
    from monitor.ruleset.query.compile import compile_query

    if not source.query:
        return None
    _, faults = compile_query(source.query, {})
    errors = [fault for fault in faults if not fault.warning]
    if errors:
        source.leave_out(f"filter {source.query}", f"it is no valid query: {errors[0].message}")
        return None
    source.notes.append(f"its filter became a rule: {source.query}")
    slug = "-".join(re.findall(r"[A-Za-z0-9]+", name)) or "source"
    rule_name = unique_source_name(f"{slug}-filter", used_names)
    used_names.add(rule_name)
    return {"name": rule_name, "title": source.title, "match": source.query, "sources": [name]}


def _rule_names(config: Config) -> set[str]:
    from monitor.ruleset.load import load_rules

    rules, _ = load_rules(config.monitor.rules, builtin_aliases=None)
    return {name for rule in rules.rules for name in (rule.name, rule.id)} | set(rules.disabled)


def _write_rules(config: Config, tool: str, rules: Sequence[dict[str, Any]]) -> Path:
    """Write the rules to a new file of the rules folder."""
    import yaml

    folder = config.monitor.rules
    folder.mkdir(parents=True, exist_ok=True)
    names = (f"imported-{tool}{suffix}.yaml" for suffix in ("", *(f"-{number}" for number in range(2, 10_000))))
    file = next(folder / name for name in names if not (folder / name).exists())
    text = yaml.safe_dump({"rules": list(rules)}, allow_unicode=True, sort_keys=False, width=110)
    file.write_text(f"# yaml-language-server: $schema=rule.schema.json\n{text}", encoding="utf-8")
    return file
