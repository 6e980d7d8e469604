"""`monitor schema`: print the JSON Schema of rule files, for editors."""

from __future__ import annotations

import click

from monitor.cli.output import show_json


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of rule files, for editors."""
    from monitor.ruleset.schema import rule_schema

    show_json(rule_schema())
