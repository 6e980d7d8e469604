"""Search the ledger: the claims that match a query of the rule language, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.config.models import Config
from monitor.errors import ConfigError, Problem
from monitor.model import PriorClaim
from monitor.resources import builtin_path
from monitor.ruleset.aliases import read_aliases
from monitor.ruleset.load import ALIASES_FILE, read_yaml_file
from monitor.ruleset.query.compile import AliasNodes
from monitor.ruleset.query.lint import term_scopes
from monitor.ruleset.query.nodes import Query
from monitor.ruleset.search import find_matches
from monitor.store.history import claim_texts, find_update_saying, sayings_of_claims

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class FoundClaim:
    """A claim with all its sayings, earliest first, the matched words, and the update that said it first."""

    number: int
    priors: tuple[PriorClaim, ...]
    matched: tuple[str, ...]
    update: int | None


def load_aliases(config: Config | None) -> AliasNodes:
    """Return the aliases of the rules folder, or the built-in ones. Raise ConfigError if they are invalid."""
    user_file = config.monitor.rules / ALIASES_FILE if config else None
    file = user_file if user_file and user_file.is_file() else builtin_path("rules") / ALIASES_FILE
    problems: list[Problem] = []
    source, tree = read_yaml_file(file, problems, lambda _: None)
    nodes, _, faults = read_aliases(tree)
    if problems := [*problems, *(source.to_problem(fault) for fault in faults)]:
        raise ConfigError(problems)
    return nodes


def search_claims(conn: Connection, query: Query, before: int | None = None) -> Iterator[FoundClaim | int]:
    """Yield each matching claim below number `before`; after each page, the number of its last claim."""
    needs_titles = "title" in term_scopes(query.root)
    while page := claim_texts(conn, before):
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
            if priors := priors_by_claim.get(number):
                yield FoundClaim(number, tuple(priors), words, find_update_saying(conn, priors[0]))
        before = claim_numbers[-1]
        yield before
