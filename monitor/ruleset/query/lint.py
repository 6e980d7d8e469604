"""What can be said of a compiled query without a text: its size, whether it can ever hold, or always does."""

from __future__ import annotations

from dataclasses import replace

from monitor.ruleset.query.nodes import And, Node, Not, NumberComparison, Or, ProximityPair, Term
from monitor.ruleset.query.terms import PhraseTerm

MAX_QUERY_TERMS = 10_000
EXPECTED_OPERAND = "expected a word, a phrase in quotes, or some of them joined by OR"


def distinct_terms(node: Node) -> list[Term]:
    """Its terms, each once."""
    seen: dict[int, Node] = {}
    pending = [node]
    while pending:
        current = pending.pop()
        if id(current) not in seen:
            seen[id(current)] = current
            pending += current.children()
    return [candidate for candidate in seen.values() if isinstance(candidate, Term)]


def count_terms(node: Node) -> int:
    """How many terms it has."""
    return 1 if isinstance(node, Term) else sum(map(count_terms, node.children()))


def with_scope(node: Node, scope: str) -> Node:
    """The same, looking only at `scope`."""
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
    """A sentence if a side of an operator has no place in a sentence."""
    match node:
        case And():
            return f"AND cannot stand inside {operator}: {EXPECTED_OPERAND}; two words side by side are joined by AND"
        case Not():
            return f"NOT cannot stand inside {operator}: write `a {operator} b AND NOT c`"
        case Term() if node.scope not in ("", "title", "text"):
            return f"{operator} looks at title and text: `{node.scope}:` cannot stand inside it"
        case _:
            return next(filter(None, (operand_error(child, operator) for child in node.children())), "")


def term_scopes(node: Node) -> set[str]:
    """The scopes of its terms."""
    return {term.scope for term in distinct_terms(node)}


def scopes_overlap(left: set[str], right: set[str]) -> bool:
    """Is there a place that both look at?"""
    return "" in left | right or bool(left & right)


def find_contradiction(node: Node) -> str:
    """A sentence if an AND asks for what its NOT forbids."""
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
                    return f"this can never hold: whatever meets `{term.text}` also meets NOT `{forbidden.text}`"
    return (
        next(filter(None, map(find_contradiction, node.children())), "")
        if isinstance(node, (And, ProximityPair))
        else ""
    )


def sufficient_terms(node: Node) -> list[Term]:
    """The terms of which one is enough for the node to hold."""
    if isinstance(node, Or):
        return [term for child in node.nodes for term in sufficient_terms(child)]
    return [node] if isinstance(node, Term) else []


def subsumes(wide: Term, narrow: Term) -> bool:
    """Does every text that meets `narrow` meet `wide`?"""
    if wide.scope != narrow.scope and (wide.scope, narrow.scope) != ("", "text"):
        return False  # a claim without the word may stand under a title with it
    if wide.text == narrow.text:
        return True
    if not (isinstance(wide, PhraseTerm) and isinstance(narrow, PhraseTerm)) or len(wide.words) > 1:
        return False
    broad_word = wide.words[0]
    return any(
        word.word.startswith(broad_word.word) if broad_word.is_stem else word == broad_word for word in narrow.words
    )
