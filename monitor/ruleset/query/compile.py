"""Turns the text of a query into a `Query`, or into every fault it has with the offset of each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from lark import Token, Tree

from monitor.ruleset.query import parse_term
from monitor.ruleset.query.faults import SyntaxFault, did_you_mean
from monitor.ruleset.query.lint import (
    MAX_QUERY_TERMS,
    count_terms,
    distinct_terms,
    find_contradiction,
    operand_error,
    scopes_overlap,
    term_scopes,
    with_scope,
)
from monitor.ruleset.query.nodes import (
    And,
    Node,
    Not,
    NumberComparison,
    Or,
    ProximityPair,
    Query,
    matches_without_terms,
)
from monitor.ruleset.query.operators import OPERATORS, Operator
from monitor.ruleset.query.syntax import parse_query, query_excerpt, start_offset

MAX_DISTANCE_WORDS = 1_000
QUERY_SCOPES = ("title", "text", "url", "author", "tag")
AliasNodes = Mapping[str, Node | None]  # None: it was blamed where it is written


def compile_query(text: str, aliases: AliasNodes) -> tuple[Query | None, list[SyntaxFault]]:
    """The query and its warnings; or None and every fault of it."""
    compiler = QueryCompiler(text, aliases)
    root = compiler.compile()
    if root is None or any(not fault.warning for fault in compiler.faults):
        return None, compiler.faults
    return Query(text, root), compiler.faults


@dataclass(slots=True)
class QueryCompiler:
    """One query on its way. `faults` gathers what is wrong."""

    text: str
    aliases: AliasNodes
    faults: list[SyntaxFault] = field(default_factory=list)
    term_count: int = 0

    def compile(self) -> Node | None:
        """The root, or None."""
        try:
            root = self.compile_node(parse_query(self.text))
        except SyntaxFault as fault:
            self.faults.append(fault)
            return None
        if root is not None:
            self.check_root(root)
        return root

    def check_root(self, root: Node) -> None:
        """Faults of the whole."""
        if matches_without_terms(root):
            self.report("this asks only for what must be absent, which is almost every text: add what must be there")
        elif never := find_contradiction(root):
            self.report(never)

    def report(self, message: str, offset: int = 0, warning: bool = False) -> None:
        """Notes a fault."""
        self.faults.append(SyntaxFault(message, offset, warning))

    def compile_node(self, tree: Tree[Token] | Token) -> Node | None:
        """The node that a part of the parse tree stands for; None if a fault was noted in it."""
        assert isinstance(tree, Tree)
        build = getattr(self, f"_{tree.data}")
        node: Node | None = build(tree.children)
        return node

    def compile_nodes(self, children: list[Tree[Token]]) -> tuple[Node, ...] | None:
        """All of them, or None if one has a fault."""
        compiled = [self.compile_node(child) for child in children]
        return None if None in compiled else tuple(node for node in compiled if node)

    def _start(self, children: list[Tree[Token]]) -> Node | None:
        return self.compile_node(children[0])

    def _group(self, children: list[Tree[Token]]) -> Node | None:
        return self.compile_node(children[0])

    def _either(self, children: list[Tree[Token]]) -> Node | None:
        for child in children:
            if child.data == "both" and not any(isinstance(part_tree, Token) for part_tree in child.children):
                reading = " AND ".join(query_excerpt(part_tree, self.text) for part_tree in child.children)
                self.report(
                    f"beside OR, `{query_excerpt(child, self.text)}` is read as `({reading})`: write brackets around what "
                    "belongs together, or quotes around a phrase",
                    start_offset(child),
                    warning=True,
                )
        nodes = self.compile_nodes(children)
        return Or(nodes) if nodes else None

    def _both(self, children: list[Tree[Token] | Token]) -> Node | None:
        nodes = self.compile_nodes([child for child in children if isinstance(child, Tree)])
        if nodes is None:
            return None
        return And(tuple(operand for node in nodes for operand in (node.nodes if isinstance(node, And) else (node,))))

    def _negation(self, children: list[Tree[Token]]) -> Node | None:
        node = self.compile_node(children[1])
        return Not(node) if node else None

    def _pair(self, children: list[Tree[Token]]) -> Node | None:
        left, token, right = children
        assert isinstance(token, Token)
        operator, distance = self.parse_operator(token)
        left_node, right_node = self.compile_node(left), self.compile_node(right)
        if operator is None or operator.proximity is None or left_node is None or right_node is None:
            return None
        for side_node, side_tree in ((left_node, left), (right_node, right)):
            if error := operand_error(side_node, operator.word):
                self.report(error, start_offset(side_tree))
                return None
        if not scopes_overlap(term_scopes(left_node), term_scopes(right_node)):
            self.report(
                f"{operator.word} can never hold here: its sides look at different places", start_offset(token)
            )
        return ProximityPair(operator.proximity, left_node, right_node, distance)

    def parse_operator(self, token: Token) -> tuple[Operator | None, int]:
        """The operator that a token names and its distance in words."""
        word, _, distance = str(token).partition("/")
        operator = OPERATORS.get(f"{word}/n") or OPERATORS.get(re.sub(r"\s+", " ", word))
        if operator and not operator.word.endswith("/n") and not distance:
            return operator, 0
        if distance.isascii() and distance.isdigit() and 1 <= int(distance[:9]) <= MAX_DISTANCE_WORDS:
            return operator, int(distance)
        message = f"expected a distance from 1 to {MAX_DISTANCE_WORDS:,} words, as in {word}/5, found `{token}`"
        self.report(message, start_offset(token))
        return None, 0

    def _counted(self, children: list[Tree[Token]]) -> Node | None:
        operand_tree, token = children
        assert isinstance(token, Token)
        sign = re.match(r"[<>]=?|[≤≥=]", token)
        assert sign
        number = parse_number(token[sign.end() :].strip())
        if number is None:
            self.report(f"expected a number after `{sign[0]}`, as in `soldiers > 10000`", start_offset(token))
            return None
        operand = self.compile_node(operand_tree)
        if operand and (error := operand_error(operand, sign[0])):
            self.report(error, start_offset(operand_tree))
            return None
        comparison = {"≤": "<=", "≥": ">="}.get(sign[0], sign[0])
        return (
            NumberComparison(operand, comparison, number, self.text[start_offset(operand_tree) : token.end_pos])
            if operand
            else None
        )

    def _scoped(self, children: list[Tree[Token]]) -> Node | None:
        token, inner_tree = children
        scope = str(token).lower().removesuffix(":")
        if scope not in QUERY_SCOPES:
            scope_list = "title:, text:, url:, author: or tag:"
            hint = did_you_mean(scope, QUERY_SCOPES) or f'a colon inside a word needs quotes: `"{scope}:…"`'
            self.report(f"unknown scope `{token}`: expected {scope_list}; {hint}", start_offset(token))
            return None
        node = self.compile_node(inner_tree)
        if node is None:
            return None
        if any(term.scope not in ("", scope) for term in distinct_terms(node)):
            self.report(f"a scope stands inside `{scope}:`: a term has one scope", start_offset(token))
            return None
        return with_scope(node, scope)

    def _word(self, children: list[Token]) -> Node | None:
        token = children[0]
        if hint := lowercase_operator_hint(token):
            self.report(hint, start_offset(token))
            return None
        if token in ("and", "or", "not"):
            self.report(
                f"`{token}` is searched for as a word: write {token.upper()} for the operator, "
                f'or "{token}" in quotes for the word',
                start_offset(token),
                warning=True,
            )
        return self.compile_term(token)

    def compile_term(self, token: Token) -> Node | None:
        """A word, phrase or regex, checked where its own kind is known."""
        build = {"WORD": parse_term.parse_word, "PHRASE": parse_term.parse_phrase, "REGEX": parse_term.parse_regex}[
            token.type
        ]
        try:
            return build(str(token))
        except SyntaxFault as fault:
            self.report(fault.message, start_offset(token))
            return None

    def _phrase(self, children: list[Token]) -> Node | None:
        return self.compile_term(children[0])

    def _regex(self, children: list[Token]) -> Node | None:
        return self.compile_term(children[0])

    def _alias(self, children: list[Token]) -> Node | None:
        name = str(children[0])[1:]
        if name in self.aliases:
            alias = self.aliases[name]
            self.term_count += count_terms(alias) if alias else 0
            if self.term_count > MAX_QUERY_TERMS:
                raise SyntaxFault(
                    f"with its aliases this query has more than {MAX_QUERY_TERMS:,} terms", start_offset(children[0])
                )
            return alias
        hint = did_you_mean(name, self.aliases, "@")
        self.report(f"unknown alias `@{name}`" + (f"; {hint}" if hint else ""), start_offset(children[0]))
        return None


def lowercase_operator_hint(word: str) -> str:
    """A sentence if the word must be an operator in lower case, such as `near/5`."""
    name, slash, _ = word.partition("/")
    if slash and name != name.upper() and f"{name.upper()}/n" in OPERATORS:
        return f"operators are written in capitals: expected {word.upper()}, found `{word}`"
    return ""


def parse_number(digits: str) -> float | None:
    """`10000`, `10,000`, `2.5`; None if it is no number."""
    is_number = re.fullmatch(r"\d+(?:[,_]\d{3})*(?:\.\d+)?", digits, re.ASCII)
    return float(re.sub("[,_]", "", digits)) if is_number and len(digits) < 20 else None
