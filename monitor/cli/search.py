"""`monitor search QUERY`: list the claims in the ledger that match a query, newest first."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.options import config_option, json_option, limit_option, load_config, open_existing_store
from monitor.cli.output import iso_utc, pluralize, show_json, terminal_safe
from monitor.cli.styles import highlight_matches

if TYPE_CHECKING:
    from monitor.store.reports.claim_search import FoundClaim


@click.command("search")
@click.argument("query")
@config_option
@limit_option
@json_option
def command(query: str, path: Path, limit: int, as_json: bool) -> None:
    """List the claims that match QUERY, newest first. QUERY is written as in rules."""
    config = load_config(path)
    from monitor.listings import found_claim_json
    from monitor.policy import load_aliases
    from monitor.ruleset.search import parse_search
    from monitor.store.history import find_update_saying
    from monitor.store.reports.claim_search import search_claims

    parsed_query = parse_search(query, load_aliases(config))
    with open_existing_store(config) as store, store.read() as conn:
        claims = list(islice(search_claims(conn, parsed_query), limit))
        results = [(claim, find_update_saying(conn, claim.sayings[0])) for claim in claims]
    if as_json:
        show_json([found_claim_json(*result) for result in results])
    else:
        _show_claims(results)


def _show_claims(results: list[tuple[FoundClaim, int | None]]) -> None:
    for claim, update in results:
        first = claim.sayings[0]
        update_note = "" if update is None else f"  update {update}"
        count_note = f", said {len(claim.sayings)} times" if len(claim.sayings) > 1 else ""
        header = f"{iso_utc(first.at)}  {terminal_safe(first.source)}{update_note}{count_note}"
        click.echo(click.style(header, dim=True))
        click.echo(f"    {highlight_matches(terminal_safe(first.text), claim.matched)}")
    click.echo(pluralize(len(results), "claim"))
