"""Caches compiled queries and aliases, so that editing one rule of thousands recompiles only that rule.

The key is the text of a query and, if it uses any alias, the aliases.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from monitor.ruleset.aliases import read_aliases
from monitor.ruleset.query.compile import compile_query
from monitor.ruleset.query.faults import SyntaxFault
from monitor.ruleset.query.nodes import Query
from monitor.ruleset.rule import NO_ALIASES, QueryAliases
from monitor.ruleset.source_text import SourceText
from monitor.ruleset.yaml_tree import parse_yaml

MAX_CACHED_QUERIES = 12_000
MAX_CACHED_QUERY_CHARS = 1_000  # longer queries are not cached, so that old versions do not fill the memory
ALIAS_SIGNS = ("@", "＠")
SynonymGroups = dict[str, tuple[str, ...]]


def cached_query(text: str, aliases: QueryAliases) -> tuple[Query | None, tuple[SyntaxFault, ...]]:
    """Return `compile_query` of the text, cached."""
    compile_text = _compile if len(text) <= MAX_CACHED_QUERY_CHARS else _compile.__wrapped__
    return compile_text(text, aliases if any(sign in text for sign in ALIAS_SIGNS) else NO_ALIASES)


@lru_cache(maxsize=MAX_CACHED_QUERIES)
def _compile(text: str, aliases: QueryAliases) -> tuple[Query | None, tuple[SyntaxFault, ...]]:
    query, faults = compile_query(text, aliases.nodes)
    return query, tuple(faults)


@lru_cache(maxsize=2)
def cached_aliases(text: str) -> tuple[QueryAliases, SynonymGroups, tuple[SyntaxFault, ...]]:
    """Return the aliases in a file's text, for queries and for comparison, and its faults except YAML errors."""
    nodes, synonyms, faults = read_aliases(parse_yaml(text)[0], SourceText(Path(), text))
    return QueryAliases(nodes), synonyms, tuple(faults)
