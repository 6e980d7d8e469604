"""`monitor replay`: an archived stream through the daemon's own pipeline; nothing is stored, nothing is sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.findings import show_finding
from monitor.cli.options import json_option
from monitor.cli.output import open_text, plain
from monitor.cli.screen import show
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.assess import Listening


@click.command("replay")
@click.argument("file", metavar="FILE|-")
@click.option("--rules", metavar="DIR", type=click.Path(path_type=Path), help="Rules that alert; none without.")
@json_option
def command(file: str, rules: Path | None, as_json: bool) -> None:
    """Read JSON lines with at, source, entry, title, url and text; write what each brings."""
    from monitor.garbage import loaded_for_good
    from monitor.replay import replay

    listening = _listening(rules)
    with open_text(file) as lines, loaded_for_good():
        for found in replay(lines, listening):
            if as_json:
                print(json.dumps(found, ensure_ascii=False))  # unlike click's echo in one piece with others
            else:
                _show(found)


def _listening(folder: Path | None) -> Listening:
    """The rules of a folder and the words that mean the same; neither without one."""
    from monitor.assess import Listening
    from monitor.resources import builtin
    from monitor.ruleset.load import load_rules
    from monitor.ruleset.rule import RuleSet
    from monitor.text.words import Synonyms

    if folder is None:
        return Listening(RuleSet(()))
    rules, problems = load_rules(folder, builtin_aliases=builtin("rules") / "aliases.yaml")
    if errors := [problem for problem in problems if not problem.warning]:
        raise ConfigError(errors)
    return Listening(rules, same=Synonyms.of(rules.same))


def _show(found: dict[str, Any]) -> None:
    """One line of output for people; what only repeats is left out."""
    if found["type"] == "update":
        show((f"{found['at']}  {plain(found['source'])}", "dim"))
    elif found["type"] == "alert":
        show((f"ALERT        {found['rule']}: {plain(found['title'])} ({found['severity']})", "bold"))
    elif found["novelty"] != "repeated":
        show_finding(found)
