"""`monitor schema`: print the JSON Schema of rule files or of aliases.yaml, for editors."""

from __future__ import annotations

import click

from monitor.cli.output import show_json


@click.command("schema")
@click.option("--aliases", is_flag=True, help="Of aliases.yaml instead.")
def command(aliases: bool) -> None:
    """Print the JSON Schema of rule files, for editors."""
    from monitor.ruleset.json_schema import aliases_schema, rule_schema

    show_json(aliases_schema() if aliases else rule_schema())
