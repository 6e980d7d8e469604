"""`monitor init`: a first config that runs as it is, and the built-in rules to start from."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from monitor.cli.options import config_option
from monitor.errors import MonitorError

STARTER_CONFIG = Path(__file__).with_name("starter.toml")


@click.command("init")
@config_option
def command(path: Path) -> None:
    """Write a first config and its rules. Never overwrites."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(STARTER_CONFIG.read_text(encoding="utf-8"))
    except FileExistsError:
        raise MonitorError(f"{path} is there already and was left as it is") from None
    path.chmod(0o600)  # people will put secrets in, whatever the comments say
    click.echo(f"wrote {path}")
    _write_rules(path.parent / "rules")
    option = "" if path == Path("config.toml") else f" -c {path}"
    click.echo(f"next: `monitor check{option}`, then `monitor run{option}`")


def _write_rules(folder: Path) -> None:
    from monitor.resources import builtin_path

    if folder.exists():
        click.echo(f"left {folder} as it is: it was there already")
        return
    folder.mkdir()
    for rule_file in sorted(
        rule_path for rule_path in builtin_path("rules").iterdir() if rule_path.suffix in (".yaml", ".json")
    ):
        shutil.copyfile(rule_file, folder / rule_file.name)
        click.echo(f"wrote {folder / rule_file.name}")
