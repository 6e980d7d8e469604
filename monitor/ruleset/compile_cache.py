"""Keeps what was compiled, so that an edit of one rule among thousands costs little more than that one rule.

A query is known by its text and, if it mentions any alias, by the aliases it was read with.
"""

from __future__ import annotations

from functools import lru_cache

from monitor.ruleset.aliases import read_aliases
from monitor.ruleset.query.compile import compile_query
from monitor.ruleset.query.faults import SyntaxFault
from monitor.ruleset.query.nodes import Query
from monitor.ruleset.rule import NO_ALIASES, QueryAliases
from monitor.ruleset.yaml_tree import parse_yaml

MAX_CACHED_QUERIES = 12_000
MAX_CACHED_QUERY_CHARS = (
    1_000  # characters of a query that is kept: what was edited long ago must not fill the memory
)
ALIAS_SIGNS = ("@", "＠")
SynonymGroups = dict[str, tuple[str, ...]]


def cached_query(text: str, aliases: QueryAliases) -> tuple[Query | None, tuple[SyntaxFault, ...]]:
    """As `compile_query`, which need not run again for a text that it has met."""
    compile_or_recall = _compile_and_keep if len(text) <= MAX_CACHED_QUERY_CHARS else _compile_and_keep.__wrapped__
    return compile_or_recall(text, aliases if any(sign in text for sign in ALIAS_SIGNS) else NO_ALIASES)


@lru_cache(maxsize=MAX_CACHED_QUERIES)
def _compile_and_keep(text: str, aliases: QueryAliases) -> tuple[Query | None, tuple[SyntaxFault, ...]]:
    query, faults = compile_query(text, aliases.nodes)
    return query, tuple(faults)


@lru_cache(maxsize=2)
def cached_aliases(text: str) -> tuple[QueryAliases, SynonymGroups, tuple[SyntaxFault, ...]]:
    """The aliases that a file's text says, for queries and for comparison; its faults beyond those of its form."""
    nodes, synonyms, faults = read_aliases(parse_yaml(text)[0])
    return QueryAliases(nodes), synonyms, tuple(faults)
