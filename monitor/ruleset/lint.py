"""What can be said of a compiled query without a text: its size, whether it can ever hold, or always does."""

from __future__ import annotations

from dataclasses import replace

from monitor.ruleset.leaves import Words
from monitor.ruleset.query import And, Counted, Node, Not, Or, Pair, Term

MOST_TERMS = 10_000
ALTERNATIVES = "expected a word, a phrase in quotes, or some of them joined by OR"


def leaves(node: Node) -> list[Term]:
    """Its terms, each once."""
    seen: dict[int, Node] = {}
    waiting = [node]
    while waiting:
        this = waiting.pop()
        if id(this) not in seen:
            seen[id(this)] = this
            waiting += this.parts()
    return [leaf for leaf in seen.values() if isinstance(leaf, Term)]


def size(node: Node) -> int:
    """How many terms it has."""
    return 1 if isinstance(node, Term) else sum(map(size, node.parts()))


def scoped(node: Node, scope: str) -> Node:
    """The same, looking only at `scope`."""
    match node:
        case Term():
            return replace(node, scope=scope)
        case And() | Or():
            return replace(node, nodes=tuple(scoped(part, scope) for part in node.nodes))
        case Not():
            return Not(scoped(node.node, scope))
        case Counted():
            return replace(node, of=scoped(node.of, scope))
        case Pair():
            return replace(node, left=scoped(node.left, scope), right=scoped(node.right, scope))
        case _:
            raise TypeError(node)


def not_a_place(node: Node, operator: str) -> str:
    """A sentence if a side of an operator has no place in a sentence."""
    match node:
        case And():
            return f"AND cannot stand inside {operator}: {ALTERNATIVES}; two words side by side are joined by AND"
        case Not():
            return f"NOT cannot stand inside {operator}: write `a {operator} b AND NOT c`"
        case Term() if node.scope not in ("", "title", "text"):
            return f"{operator} looks at title and text: `{node.scope}:` cannot stand inside it"
        case _:
            return next(filter(None, (not_a_place(part, operator) for part in node.parts())), "")


def scopes_of(node: Node) -> set[str]:
    """The scopes of its terms."""
    return {leaf.scope for leaf in leaves(node)}


def meeting(one: set[str], other: set[str]) -> bool:
    """Is there a place that both look at?"""
    return "" in one | other or bool(one & other)


def contradiction(node: Node) -> str:
    """A sentence if an AND asks for what its NOT forbids."""
    if isinstance(node, And):
        wanted = [part for part in node.nodes if isinstance(part, Term)]
        barred = [leaf for part in node.nodes if isinstance(part, Not) for leaf in alternatives(part.node)]
        for term in wanted:
            for bar in barred:
                if includes(bar, term):
                    return f"this can never hold: whatever meets `{term.term}` also meets NOT `{bar.term}`"
    return next(filter(None, map(contradiction, node.parts())), "") if isinstance(node, (And, Pair)) else ""


def alternatives(node: Node) -> list[Term]:
    """The terms of which one is enough for the node to hold."""
    if isinstance(node, Or):
        return [term for part in node.nodes for term in alternatives(part)]
    return [node] if isinstance(node, Term) else []


def includes(wide: Term, narrow: Term) -> bool:
    """Does every text that meets `narrow` meet `wide`?"""
    if wide.scope != narrow.scope and (wide.scope, narrow.scope) != ("", "text"):
        return False  # a claim without the word may stand under a title with it
    if wide.term == narrow.term:
        return True
    if not (isinstance(wide, Words) and isinstance(narrow, Words)) or len(wide.steps) > 1:
        return False
    bar = wide.steps[0]
    return any(step.word.startswith(bar.word) if bar.stem else step == bar for step in narrow.steps)
