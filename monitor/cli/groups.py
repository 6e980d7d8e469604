"""What commands with subcommands share: hints for misspelled ones, ids, and options before the subcommand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}  # subcommands inherit them


class HintingGroup(click.Group):
    """A group whose options may also precede the subcommand; one that is misspelled gets a hint."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        names = self.list_commands(ctx)
        if args[0] not in names and not args[0].startswith("-") and not ctx.resilient_parsing:
            from monitor.config_file.problems import closest_hint

            raise click.UsageError(f'unknown command "{args[0]}"{closest_hint(args[0], names)}', ctx)
        return super().resolve_command(ctx, args)


class IdType(click.IntRange):
    """The number of a stored row; `listing` is the command that lists the rows."""

    def __init__(self, listing: str) -> None:
        super().__init__(0, 2**63 - 1)
        self._listing = listing

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:
        return f"`{self._listing}` lists them"


def pass_on_options(ctx: click.Context, **values: Path | str | int | None) -> None:
    """Use options that precede the subcommand as its defaults."""
    given: dict[str, Any] = {name: value for name, value in values.items() if value}
    ctx.default_map = {str(ctx.invoked_subcommand): given}
