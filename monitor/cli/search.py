"""`monitor search QUERY`: the claims of the ledger that a query holds for, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.marks import marked
from monitor.cli.options import config_of, config_option, json_option, limit_option, store_of
from monitor.cli.output import count, iso, plain, show_json
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from monitor.config import Config
    from monitor.model import Said
    from monitor.ruleset.parse import Aliases
    from monitor.ruleset.query import Query


@click.command("search")
@click.argument("query")
@config_option
@limit_option
@json_option
def command(query: str, path: Path, limit: int, as_json: bool) -> None:
    """List the claims for which QUERY, in the language of rules, holds; newest first."""
    config = config_of(path)
    from monitor.ruleset.seek import sought
    from monitor.store.history import update_saying

    wanted = sought(query, _aliases(config))
    with store_of(config) as store, store.read() as conn:
        held = list(islice(_found(conn, wanted), limit))
        found = [(sayings, matched, update_saying(conn, sayings[0])) for sayings, matched in held]
    if as_json:
        show_json([_as_json(*one) for one in found])
    else:
        _show(found)


def _aliases(config: Config) -> Aliases:
    """The config's aliases. Raises ConfigError if they are broken."""
    from monitor.errors import Problem
    from monitor.resources import builtin
    from monitor.ruleset.aliases import read_aliases
    from monitor.ruleset.load import ALIASES, read_yaml

    own = config.monitor.rules / ALIASES
    problems: list[Problem] = []
    source, tree = read_yaml(own if own.is_file() else builtin("rules") / ALIASES, problems, lambda _: None)
    nodes, _, faults = read_aliases(tree)
    if problems := [*problems, *(source.problem(fault) for fault in faults)]:
        raise ConfigError(problems)
    return nodes


def _found(conn: Connection, query: Query) -> Iterator[tuple[list[Said], tuple[str, ...]]]:
    """For each claim who has said it, earliest first, and the words that met the query."""
    from monitor.ruleset.lint import scopes_of
    from monitor.ruleset.seek import holding
    from monitor.store.history import sayings, texts

    titled = "title" in scopes_of(query.root)
    before: int | None = None
    while page := texts(conn, before):
        numbers = list(page)
        said = sayings(conn, numbers) if titled else {}
        titles = [said[number][0].title if number in said else "" for number in numbers] if titled else []
        held = holding(query, list(page.values()), titles)
        said = said or sayings(conn, [numbers[at] for at in held])
        yield from ((said[numbers[at]], words) for at, words in held.items() if numbers[at] in said)
        before = numbers[-1]


def _as_json(sayings: list[Said], matched: tuple[str, ...], update: int | None) -> dict[str, Any]:
    first = sayings[0]
    return {
        "claim": first.text,
        "at": iso(first.at),
        "update": update,
        "source": first.source,
        "entry": first.entry,
        "title": first.title,
        "heading": first.heading,
        "story": first.story,
        "matched": list(matched),
        "sayings": len(sayings),
        "sources": sorted({said.source for said in sayings}),
        "gone": all(said.gone is not None for said in sayings),
    }


def _show(found: list[tuple[list[Said], tuple[str, ...], int | None]]) -> None:
    for sayings, matched, update in found:
        first = sayings[0]
        where = "" if update is None else f"  update {update}"
        more = f", said {len(sayings)} times" if len(sayings) > 1 else ""
        click.echo(click.style(f"{iso(first.at)}  {plain(first.source)}{where}{more}", dim=True))
        click.echo(f"    {marked(plain(first.text), matched)}")
    click.echo(count(len(found), "claim"))
