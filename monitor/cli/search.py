"""`monitor search QUERY`: list the claims in the ledger that match a query, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.options import config_option, json_option, limit_option, load_config, open_existing_store
from monitor.cli.output import iso_utc, pluralize, show_json, terminal_safe
from monitor.cli.styles import highlight_matches
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from monitor.config.models import Config
    from monitor.model import PriorClaim
    from monitor.ruleset.query.compile import AliasNodes


@click.command("search")
@click.argument("query")
@config_option
@limit_option
@json_option
def command(query: str, path: Path, limit: int, as_json: bool) -> None:
    """List the claims that match QUERY, newest first. QUERY is written as in rules."""
    config = load_config(path)
    from monitor.ruleset.search import parse_search
    from monitor.store.history import find_update_saying
    from monitor.store.reports.claim_search import search_claims

    parsed_query = parse_search(query, _load_aliases(config))
    with open_existing_store(config) as store, store.read() as conn:
        found = list(islice(search_claims(conn, parsed_query), limit))
        results = [(claim.sayings, claim.matched, find_update_saying(conn, claim.sayings[0])) for claim in found]
    if as_json:
        show_json([_claim_json(*result) for result in results])
    else:
        _show_claims(results)


def _load_aliases(config: Config) -> AliasNodes:
    """Return the aliases of the config. Raise ConfigError if they are invalid."""
    from monitor.errors import Problem
    from monitor.resources import builtin_path
    from monitor.ruleset.aliases import read_aliases
    from monitor.ruleset.load import ALIASES_FILE, read_yaml_file

    user_file = config.monitor.rules / ALIASES_FILE
    file = user_file if user_file.is_file() else builtin_path("rules") / ALIASES_FILE
    problems: list[Problem] = []
    source, tree = read_yaml_file(file, problems, lambda _: None)
    nodes, _, faults = read_aliases(tree)
    if problems := [*problems, *(source.to_problem(fault) for fault in faults)]:
        raise ConfigError(problems)
    return nodes


def _claim_json(priors: Sequence[PriorClaim], matched_words: tuple[str, ...], update: int | None) -> dict[str, Any]:
    first = priors[0]
    return {
        "claim": first.text,
        "at": iso_utc(first.at),
        "update": update,
        "source": first.source,
        "entry": first.entry,
        "title": first.title,
        "heading": first.heading,
        "story": first.story,
        "matched": list(matched_words),
        "sayings": len(priors),
        "sources": sorted({prior.source for prior in priors}),
        "gone": all(prior.withdrawn_at is not None for prior in priors),
    }


def _show_claims(results: Sequence[tuple[Sequence[PriorClaim], tuple[str, ...], int | None]]) -> None:
    for priors, matched_words, update in results:
        first = priors[0]
        update_note = "" if update is None else f"  update {update}"
        count_note = f", said {len(priors)} times" if len(priors) > 1 else ""
        header = f"{iso_utc(first.at)}  {terminal_safe(first.source)}{update_note}{count_note}"
        click.echo(click.style(header, dim=True))
        click.echo(f"    {highlight_matches(terminal_safe(first.text), matched_words)}")
    click.echo(pluralize(len(results), "claim"))
