"""`monitor search QUERY`: list the claims in the ledger that match a query, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from monitor.cli.options import config_option, json_option, limit_option, load_config, open_existing_store
from monitor.cli.output import iso_utc, pluralize, show_json, terminal_safe
from monitor.cli.styles import highlight_matches
from monitor.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from monitor.config.models import Config
    from monitor.model import PriorClaim
    from monitor.ruleset.query.compile import AliasNodes
    from monitor.ruleset.query.nodes import Query


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

    parsed_query = parse_search(query, _load_aliases(config))
    with open_existing_store(config) as store, store.read() as conn:
        matches = list(islice(_search_claims(conn, parsed_query), limit))
        results = [(priors, matched_words, find_update_saying(conn, priors[0])) for priors, matched_words in matches]
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


def _search_claims(conn: Connection, query: Query) -> Iterator[tuple[list[PriorClaim], tuple[str, ...]]]:
    """Yield, for each matching claim, all its sayings, earliest first, and the matched words."""
    from monitor.ruleset.query.lint import term_scopes
    from monitor.ruleset.search import find_matches
    from monitor.store.history import claim_texts, sayings_of_claims

    needs_titles = "title" in term_scopes(query.root)
    before_number: int | None = None
    while page := claim_texts(conn, before_number):
        claim_numbers = list(page)
        priors_by_claim = sayings_of_claims(conn, claim_numbers) if needs_titles else {}
        titles = [
            priors_by_claim[number][0].title if number in priors_by_claim else ""
            for number in claim_numbers
            if needs_titles
        ]
        words_by_index = find_matches(query, list(page.values()), titles)
        words_by_claim = {claim_numbers[index]: words for index, words in words_by_index.items()}
        priors_by_claim = priors_by_claim or sayings_of_claims(conn, list(words_by_claim))
        for number, words in words_by_claim.items():
            if number in priors_by_claim:
                yield priors_by_claim[number], words
        before_number = claim_numbers[-1]


def _claim_json(priors: list[PriorClaim], matched_words: tuple[str, ...], update: int | None) -> dict[str, Any]:
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


def _show_claims(results: list[tuple[list[PriorClaim], tuple[str, ...], int | None]]) -> None:
    for priors, matched_words, update in results:
        first = priors[0]
        update_note = "" if update is None else f"  update {update}"
        count_note = f", said {len(priors)} times" if len(priors) > 1 else ""
        header = f"{iso_utc(first.at)}  {terminal_safe(first.source)}{update_note}{count_note}"
        click.echo(click.style(header, dim=True))
        click.echo(f"    {highlight_matches(terminal_safe(first.text), matched_words)}")
    click.echo(pluralize(len(results), "claim"))
