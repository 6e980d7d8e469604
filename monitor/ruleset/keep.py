"""Keeps what was compiled, so that an edit of one rule among thousands costs little more than that one rule.

A query is known by its text and, if it mentions any alias, by the aliases it was read with.
"""

from __future__ import annotations

from functools import lru_cache

from monitor.ruleset.aliases import read_aliases
from monitor.ruleset.faults import Fault
from monitor.ruleset.parse import compile_query
from monitor.ruleset.query import Query
from monitor.ruleset.rule import NO_ALIASES, Vocabulary
from monitor.ruleset.yamltree import read_tree

MOST_QUERIES = 12_000
LONGEST = 1_000  # characters of a query that is kept: what was edited long ago must not fill the memory
ALIAS_SIGNS = ("@", "＠")
Same = dict[str, tuple[str, ...]]


def query_of(text: str, aliases: Vocabulary) -> tuple[Query | None, tuple[Fault, ...]]:
    """As `compile_query`, which need not run again for a text that it has met."""
    compiled = _compiled if len(text) <= LONGEST else _compiled.__wrapped__
    return compiled(text, aliases if any(sign in text for sign in ALIAS_SIGNS) else NO_ALIASES)


@lru_cache(maxsize=MOST_QUERIES)
def _compiled(text: str, aliases: Vocabulary) -> tuple[Query | None, tuple[Fault, ...]]:
    query, faults = compile_query(text, aliases.nodes)
    return query, tuple(faults)


@lru_cache(maxsize=2)
def aliases_of(text: str) -> tuple[Vocabulary, Same, tuple[Fault, ...]]:
    """The aliases that a file's text says, for queries and for comparison; its faults beyond those of its form."""
    nodes, same, faults = read_aliases(read_tree(text)[0])
    return Vocabulary(nodes), same, tuple(faults)
