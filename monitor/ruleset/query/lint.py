"""Checks a compiled query without a text: its size, its scopes, and whether it can ever match."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

from monitor.ruleset.query.context_nodes import AtLeast, FirstWords, ParagraphPair
from monitor.ruleset.query.nodes import And, Node, Not, NumberComparison, Or, ProximityPair, Term
from monitor.ruleset.query.terms import AnyText, PhraseTerm, PhraseWord
from monitor.text.lexicon.stopwords import STOPWORDS

MAX_QUERY_TERMS = 10_000
MAX_COMMON_STEM_CHARS = 2  # every stem has at least as many
EXPECTED_OPERAND = "expected a word, a quoted phrase, or several joined by OR"


def distinct_terms(node: Node) -> list[Term]:
    """The terms of a query, each once."""
    nodes_by_id: dict[int, Node] = {}
    pending = [node]
    while pending:
        current = pending.pop()
        if id(current) not in nodes_by_id:
            nodes_by_id[id(current)] = current
            pending += current.children()
    return [candidate for candidate in nodes_by_id.values() if isinstance(candidate, Term)]


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
        case FirstWords() | AtLeast():
            return replace(node, node=with_scope(node.node, scope))
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
        case AnyText():
            return f"`*` is not allowed inside {operator}: {EXPECTED_OPERAND}"
        case ParagraphPair() if operator != "SAME PARAGRAPH":
            return f"SAME PARAGRAPH is not allowed inside {operator}: join the two by AND"
        case ProximityPair() | NumberComparison() | AtLeast() if operator == "ATLEAST":
            return f"only terms can be counted by ATLEAST: {EXPECTED_OPERAND}"
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
    if wide.text == narrow.text or isinstance(wide, AnyText):
        return True
    if not (isinstance(wide, PhraseTerm) and isinstance(narrow, PhraseTerm)) or len(wide.words) > 1:
        return False
    return any(includes_word(wide.words[0], word) for word in narrow.words)


def includes_word(wide: PhraseWord, narrow: PhraseWord) -> bool:
    """Return whether every word that `narrow` matches also matches `wide`."""
    wide_text, narrow_text = (wide.cased, narrow.cased) if wide.cased else (wide.word, narrow.word)
    if wide.is_stem:
        return narrow_text.startswith(wide_text)
    return narrow_text == wide_text and narrow.is_stem == wide.is_stem and narrow.is_glued == wide.is_glued


def find_common_alternative(node: Node) -> list[Term]:
    """Return the terms of an alternative of the query that almost every text has; [] if there is none."""
    match node:
        case Or():
            return next(filter(None, map(find_common_alternative, node.nodes)), [])
        case And():
            parts = [find_common_alternative(child) for child in node.nodes if not isinstance(child, Not)]
            return list(dict.fromkeys(chain(*parts))) if all(parts) else []
        case Term() if is_common(node):
            return [node]
        case _:
            return []


def is_common(term: Term) -> bool:
    """Return whether almost every text has the term: a word such as `the`, or a short stem such as `th*`."""
    if not isinstance(term, PhraseTerm) or len(term.words) > 1 or term.scope in ("url", "author", "tag"):
        return False
    word = term.words[0]
    if word.cased.isupper() and len(word.cased) > 1:
        return False  # =WHO, =US
    if word.is_stem and len(word.word) <= MAX_COMMON_STEM_CHARS:
        return any(common.startswith(word.word) for common in STOPWORDS)
    return not word.is_stem and word.word in STOPWORDS
