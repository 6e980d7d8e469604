"""`monitor init`: write a working config and copies of the built-in rules."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import click

from monitor.cli.options import config_option
from monitor.errors import MonitorError

STARTER_CONFIG = Path(__file__).with_name("starter.toml")


@click.command("init")
@config_option
def command(path: Path) -> None:
    """Write a working config and the built-in rules. Never overwrites."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(STARTER_CONFIG.read_text(encoding="utf-8"))
    except FileExistsError:
        raise MonitorError(f"{path} already exists") from None
    path.chmod(0o600)  # people put secrets in configs, despite the comments
    click.echo(f"wrote {path}")
    _write_rules(path.parent / "rules")
    option = "" if path == Path("config.toml") else f" -c {shlex.quote(str(path))}"
    commands = {
        f"monitor check{option}": "is everything valid?",
        f"monitor run --once{option}": "read each source once; what is there already is not news",
        f"monitor run{option}": "poll, compare and alert until stopped",
    }
    width = max(map(len, commands))
    click.echo("\nnext:")
    for command_line, purpose in commands.items():
        click.echo(f"  {command_line:<{width}}   {purpose}")
    click.echo("`monitor docs tutorial` leads to a first alert in ten minutes; `monitor docs` lists all pages")


def _write_rules(folder: Path) -> None:
    from monitor.resources import builtin_path

    if folder.exists():
        click.echo(f"kept {folder}: it already exists")
        return
    folder.mkdir()
    rule_files = sorted(file for file in builtin_path("rules").iterdir() if file.suffix in (".yaml", ".json"))
    for rule_file in rule_files:
        shutil.copyfile(rule_file, folder / rule_file.name)
        click.echo(f"wrote {folder / rule_file.name}")
