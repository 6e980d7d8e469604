"""`monitor replay`: run an archived stream through the daemon's own pipeline, without storing or sending."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.options import json_option
from monitor.cli.output import open_text, safe_json, terminal_safe
from monitor.cli.progress import progress_bars, shows_progress
from monitor.cli.render_findings import show_finding
from monitor.cli.styles import print_line
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.assess import Policy
    from monitor.store.base import NoteProgress


@click.command("replay")
@click.argument("file", metavar="FILE|-")
@click.option(
    "--rules",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Rules to alert by; without it, none.",
)
@json_option
def command(file: str, rules: Path | None, as_json: bool) -> None:
    """Run an archived stream through the pipeline.

    Reads JSON lines with at, source, entry, title, url and text; prints the findings and alerts of each. Stores and
    sends nothing.
    """
    from monitor.backtest.replay import replay_stream
    from monitor.daemon.memory import freeze_loaded_objects

    policy = _rules_as_policy(rules)
    with open_text(file) as lines, progress_bars(as_json=as_json) as note_progress, freeze_loaded_objects():
        for record in replay_stream(_noting_lines(lines, file, note_progress), policy):
            if as_json:
                print(safe_json(record))  # unlike click.echo, not flushed per line
            else:
                _show_record(record)


def _noting_lines(lines: Iterable[str], file: str, note_progress: NoteProgress) -> Iterator[str]:
    """Yield the lines, and note how many have been read; how many there are is unknown for a pipe."""
    total = None
    if shows_progress() and Path(file).is_file():
        with Path(file).open("rb") as counted:
            total = sum(1 for _ in counted)
    for number, line in enumerate(lines, 1):
        yield line
        note_progress("lines", number, total)


def _rules_as_policy(folder: Path | None) -> Policy:
    """Return the rules and synonyms of a folder; an empty policy for None. Raise ConfigError for invalid rules."""
    from monitor.assess import Policy
    from monitor.resources import builtin_path
    from monitor.ruleset.load import load_rules
    from monitor.ruleset.rule import RuleSet
    from monitor.text.analysis import Synonyms

    if folder is None:
        return Policy(RuleSet(()))
    rules, problems = load_rules(folder, builtin_aliases=builtin_path("rules") / "aliases.yaml")
    if errors := [problem for problem in problems if not problem.warning]:
        raise ConfigError(errors)
    return Policy(rules, synonyms=Synonyms.from_mapping(rules.synonyms))


def _show_record(record: dict[str, Any]) -> None:
    """Print one record; repeated findings are omitted."""
    if record["type"] == "update":
        print_line((f"{record['at']}  {terminal_safe(record['source'])}", "dim"))
    elif record["type"] == "alert":
        title, severity = terminal_safe(record["title"]), record["severity"]
        print_line((f"ALERT        {record['rule']}: {title} ({severity})", "bold"))
    elif record["novelty"] != "repeated":
        show_finding(record)
