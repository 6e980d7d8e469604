"""Checks a compiled query without a text: its size, its scopes, and whether it can ever match."""

from __future__ import annotations

from dataclasses import replace

from monitor.ruleset.query.nodes import And, Node, Not, NumberComparison, Or, ProximityPair, Term
from monitor.ruleset.query.terms import PhraseTerm

MAX_QUERY_TERMS = 10_000
EXPECTED_OPERAND = "expected a word, a quoted phrase, or several joined by OR"


def distinct_terms(node: Node) -> list[Term]:
    """The terms of a query, each once."""
    seen: dict[int, Node] = {}
    pending = [node]
    while pending:
        current = pending.pop()
        if id(current) not in seen:
            seen[id(current)] = current
            pending += current.children()
    return [candidate for candidate in seen.values() if isinstance(candidate, Term)]


def count_terms(node: Node) -> int:
    return 1 if isinstance(node, Term) else sum(map(count_terms, node.children()))


def with_scope(node: Node, scope: str) -> Node:
    """Return a copy of the node whose terms have this scope."""
    match node:
        case Term():
            return replace(node, scope=scope)
        case And() | Or():
            return replace(node, nodes=tuple(with_scope(child, scope) for child in node.nodes))
        case Not():
            return Not(with_scope(node.node, scope))
        case NumberComparison():
            return replace(node, operand=with_scope(node.operand, scope))
        case ProximityPair():
            return replace(node, left=with_scope(node.left, scope), right=with_scope(node.right, scope))
        case _:
            raise TypeError(node)


def operand_error(node: Node, operator: str) -> str:
    """Return an error message if a node is not allowed as an operand of the operator, else ""."""
    match node:
        case And():
            return f"AND is not allowed inside {operator}: {EXPECTED_OPERAND}; adjacent words are joined by AND"
        case Not():
            return f"NOT is not allowed inside {operator}: write `a {operator} b AND NOT c`"
        case Term() if node.scope not in ("", "title", "text"):
            return f"`{node.scope}:` is not allowed inside {operator}, which searches title and text"
        case _:
            return next(filter(None, (operand_error(child, operator) for child in node.children())), "")


def term_scopes(node: Node) -> set[str]:
    return {term.scope for term in distinct_terms(node)}


def scopes_overlap(left: set[str], right: set[str]) -> bool:
    """Return whether two sets of scopes can see the same text."""
    return "" in left | right or bool(left & right)


def find_contradiction(node: Node) -> str:
    """Return an error message if an AND requires a term that it also excludes with NOT, else ""."""
    if isinstance(node, And):
        required_terms = [child for child in node.nodes if isinstance(child, Term)]
        forbidden_terms = [
            forbidden_term
            for child in node.nodes
            if isinstance(child, Not)
            for forbidden_term in sufficient_terms(child.node)
        ]
        for term in required_terms:
            for forbidden in forbidden_terms:
                if subsumes(forbidden, term):
                    excluded = f"NOT `{forbidden.text}` excludes everything that `{term.text}` matches"
                    return f"the query never matches: {excluded}"
    if not isinstance(node, (And, ProximityPair)):
        return ""
    return next(filter(None, map(find_contradiction, node.children())), "")


def sufficient_terms(node: Node) -> list[Term]:
    """The terms any one of which is enough for the node to match."""
    if isinstance(node, Or):
        return [term for child in node.nodes for term in sufficient_terms(child)]
    return [node] if isinstance(node, Term) else []


def subsumes(wide: Term, narrow: Term) -> bool:
    """Return whether every text that matches `narrow` also matches `wide`; False if unknown."""
    if wide.scope != narrow.scope and (wide.scope, narrow.scope) != ("", "text"):
        return False  # a claim without the word may have a title with it
    if wide.text == narrow.text:
        return True
    if not (isinstance(wide, PhraseTerm) and isinstance(narrow, PhraseTerm)) or len(wide.words) > 1:
        return False
    broad_word = wide.words[0]
    return any(
        word.word.startswith(broad_word.word) if broad_word.is_stem else word == broad_word for word in narrow.words
    )
