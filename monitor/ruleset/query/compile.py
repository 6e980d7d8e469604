"""Compiles the text of a query into a `Query`, or reports every fault with its offset."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from lark import Token, Tree

from monitor.ruleset.query import parse_term
from monitor.ruleset.query.context_nodes import AtLeast, FirstWords
from monitor.ruleset.query.faults import SyntaxFault, did_you_mean
from monitor.ruleset.query.foreign import foreign_operator, foreign_scope, slash_operator
from monitor.ruleset.query.likely_mistakes import likely_mistakes
from monitor.ruleset.query.limits import parse_limit
from monitor.ruleset.query.lint import (
    MAX_QUERY_TERMS,
    count_terms,
    distinct_terms,
    find_common_alternative,
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
    Query,
    matches_without_terms,
)
from monitor.ruleset.query.operators import OPERATORS, Operator
from monitor.ruleset.query.syntax import parse_query, query_excerpt, start_offset
from monitor.ruleset.query.terms import AnyText

MAX_DISTANCE_WORDS = 1_000
MAX_LISTED_ALIASES = 6
QUERY_SCOPES = ("title", "text", "url", "author", "tag")
AliasNodes = Mapping[str, Node | None]  # None: the alias is invalid and was reported in its own file
LIMITS: dict[str, type[FirstWords] | type[AtLeast]] = {"FIRST": FirstWords, "ATLEAST": AtLeast}
TERM_PARSERS = {
    "WORD": parse_term.parse_word,
    "PHRASE": parse_term.parse_phrase,
    "EXACT": parse_term.parse_exact,
    "REGEX": parse_term.parse_regex,
}


def compile_query(text: str, aliases: AliasNodes, *, is_part: bool = False) -> tuple[Query | None, list[SyntaxFault]]:
    """Return the query and its warnings, or None and every fault.

    `is_part`: other queries use it, so it may have only negative or common terms.
    """
    compiler = QueryCompiler(text, aliases, is_part)
    root = compiler.compile()
    if root is None or any(not fault.warning for fault in compiler.faults):
        return None, compiler.faults
    return Query(text, root), compiler.faults


@dataclass(slots=True)
class QueryCompiler:
    """Compiles one query. `faults` collects errors and warnings."""

    text: str
    aliases: AliasNodes
    is_part: bool = False
    faults: list[SyntaxFault] = field(default_factory=list)
    term_count: int = 0

    def compile(self) -> Node | None:
        """Return the root node, or None if the query has a fault."""
        try:
            root = self.compile_node(parse_query(self.text))
        except SyntaxFault as fault:
            self.faults.append(fault)
            return None
        if root is not None and not self.is_part:
            self.check_root(root)
        self.faults += likely_mistakes(self.text)
        return root

    def check_root(self, root: Node) -> None:
        """Report faults of the query as a whole."""
        if isinstance(root, Not) and isinstance(root.node, AnyText):
            self.report("the query never matches: NOT `*` excludes everything")
        elif matches_without_terms(root):
            self.report(
                "the query matches almost every text: add a positive term (to each alternative of an OR), "
                "or `* AND …` for all news"
            )
        elif contradiction := find_contradiction(root):
            self.report(contradiction)
        elif too_common := find_common_alternative(root):
            quoted = " and ".join(f"`{term.text}`" for term in too_common)
            capitals = next((term.text for term in too_common if term.text.isupper() and len(term.text) > 1), "")
            remedy = (
                f"write `={capitals}` for exact case"
                if capitals
                else "join it with a rarer word, as a phrase or by AND"
            )
            self.report(f"almost every text has {quoted}: {remedy}", warning=True)

    def report(self, message: str, offset: int = 0, warning: bool = False) -> None:
        self.faults.append(SyntaxFault(message, offset, warning))

    def compile_node(self, tree: Tree[Token] | Token) -> Node | None:
        """Return the node for a part of the parse tree; None if that part has a fault."""
        assert isinstance(tree, Tree)
        build = getattr(self, f"_{tree.data}")
        node: Node | None = build(tree.children)
        return node

    def compile_nodes(self, children: list[Tree[Token]]) -> tuple[Node, ...] | None:
        """Return the nodes of all children, or None if any has a fault."""
        compiled = [self.compile_node(child) for child in children]
        return None if None in compiled else tuple(node for node in compiled if node)

    def _start(self, children: list[Tree[Token]]) -> Node | None:
        return self.compile_node(children[0])

    def _group(self, children: list[Tree[Token]]) -> Node | None:
        return self.compile_node(children[0])

    def _either(self, children: list[Tree[Token]]) -> Node | None:
        nodes = self.compile_nodes(children)
        if nodes is None:
            return None
        for number, child in enumerate(children):
            if child.data == "both":
                self.check_alternative(child, children[number + 1 :])
        return Or(nodes)

    def check_alternative(self, both: Tree[Token], following: list[Tree[Token]]) -> None:
        """Warn of an alternative whose terms are not joined as they seem: `north korea OR dprk`, `NOT a OR b`."""
        written = query_excerpt(both, self.text)
        if not any(isinstance(part, Token) for part in both.children):
            meaning = " AND ".join(query_excerpt(part, self.text) for part in both.children)
            message = f"`{written}` next to OR means `({meaning})`: add parentheses, or quotes around a phrase"
            self.report(message, start_offset(both), warning=True)
        last = both.children[-1]
        if isinstance(last, Tree) and last.data == "negation" and following and not is_group(last.children[1]):
            excluded, other = query_excerpt(last.children[1], self.text), query_excerpt(following[0], self.text)
            message = (
                f"`NOT {excluded} OR {other}` means `(… NOT {excluded}) OR {other}`: "
                f"to exclude both write `NOT ({excluded} OR {other})`, else add parentheses"
            )
            self.report(message, start_offset(last), warning=True)

    def _both(self, children: list[Tree[Token] | Token]) -> Node | None:
        nodes = self.compile_nodes([child for child in children if isinstance(child, Tree)])
        if nodes is None:
            return None
        for left, right in pairwise(children):
            if isinstance(left, Tree) and isinstance(right, Tree):
                self.check_wildcard_between(left, right)
        return And(tuple(operand for node in nodes for operand in (node.nodes if isinstance(node, And) else (node,))))

    def check_wildcard_between(self, left: Tree[Token], right: Tree[Token]) -> None:
        """Report a `*` beside a word without an operator, which other tools read as any word."""
        for part in (left, right):
            if part.data == "word" and part.children[0] == "*" and "negation" not in (left.data, right.data):
                message = (
                    "`*` is a wildcard only at the end of a word, as in `deploy*`; for all news, write `* AND …`"
                )
                self.report(message, start_offset(part))

    def _negation(self, children: list[Tree[Token]]) -> Node | None:
        node = self.compile_node(children[1])
        if isinstance(node, Not):
            written = query_excerpt(children[1], self.text)
            message = f"NOT before `{written}`, which begins with NOT itself, excludes nothing: leave this NOT out"
            self.report(message, start_offset(children[0]), warning=True)
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
            self.report(f"{operator.word} never matches: its operands have different scopes", start_offset(token))
        return operator.pair(operator.proximity, left_node, right_node, distance)

    def parse_operator(self, token: Token) -> tuple[Operator | None, int]:
        """Return the operator and its distance in words; (None, 0) after reporting an invalid distance."""
        word, _, distance = str(token).partition("/")
        operator = OPERATORS.get(f"{word}/n") or OPERATORS.get(re.sub(r"\s+", " ", word))
        if operator and not operator.word.endswith("/n") and not distance:
            return operator, 0
        if distance.isascii() and distance.isdigit() and 1 <= int(distance[:9]) <= MAX_DISTANCE_WORDS:
            return operator, int(distance)
        message = f"expected a distance from 1 to {MAX_DISTANCE_WORDS:,} words, as in {word}/5, found `{token}`"
        self.report(message, start_offset(token))
        return None, 0

    def _counted(self, children: list[Tree[Token]], forecast: Token | None = None) -> Node | None:
        operand_tree, token = children
        assert isinstance(token, Token)
        try:
            limit = parse_limit(str(token))
        except SyntaxFault as fault:
            self.report(fault.message, start_offset(token))
            return None
        operand = self.compile_node(operand_tree)
        operator = re.match(r"[<>]=?|[≤≥=]|between", token)
        if operand and operator and (error := operand_error(operand, operator[0])):
            self.report(error, start_offset(operand_tree))
            return None
        if operand is None:
            return None
        bracket = "(" if is_group(operand_tree) and not forecast else ""
        written = bracket + self.text[start_offset(forecast or operand_tree) : token.end_pos]
        return NumberComparison(operand, limit, written, admits_forecasts=forecast is not None)

    def _forecast(self, children: list[Tree[Token]]) -> Node | None:
        forecast, *counted = children
        assert isinstance(forecast, Token)
        return self._counted(counted, forecast)

    def _bare_forecast(self, children: list[Tree[Token]]) -> Node | None:
        forecast, operand = children
        written = query_excerpt(operand, self.text)
        if is_group(operand):
            written = f"({written})"
        message = f"`~{written}` admits forecasts of a number: expected a comparison, as in `~{written} > 10000`"
        self.report(message, start_offset(forecast))
        return None

    def _limited(self, children: list[Tree[Token] | Token]) -> Node | None:
        """Compile `FIRST 50 a` or `ATLEAST 3 a`."""
        token, inner_tree = children
        word, digits = re.split(r"[\s/]+", str(token), maxsplit=1)
        if not (digits.isascii() and digits.isdigit() and 1 <= int(digits[:9]) <= MAX_DISTANCE_WORDS):
            message = f"expected a number from 1 to {MAX_DISTANCE_WORDS:,}, as in {word} 5, found `{token}`"
            self.report(message, start_offset(token))
            return None
        node = self.compile_node(inner_tree)
        if node is None:
            return None
        if error := operand_error(node, word):
            self.report(error, start_offset(inner_tree))
            return None
        return LIMITS[word](node, int(digits))

    def _scoped(self, children: list[Tree[Token]]) -> Node | None:
        token, inner_tree = children
        scope = str(token).lower().removesuffix(":")
        if scope not in QUERY_SCOPES:
            scope_list = "title:, text:, url:, author: or tag:"
            known = foreign_scope(scope)
            hint = f"write `{known}:`" if known else did_you_mean(scope, QUERY_SCOPES)
            hint = hint or f'put a word with a colon in quotes: `"{scope}:…"`'
            self.report(f"unknown scope `{token}`: expected {scope_list}; {hint}", start_offset(token))
            return None
        node = self.compile_node(inner_tree)
        if node is None:
            return None
        if any(isinstance(term, AnyText) for term in distinct_terms(node)):
            self.report("`*` stands for all news, without a scope", start_offset(token))
            return None
        if any(term.scope not in ("", scope) for term in distinct_terms(node)):
            self.report(f"nested scope inside `{scope}:`: a term has only one scope", start_offset(token))
            return None
        return with_scope(node, scope)

    def _word(self, children: list[Token]) -> Node | None:
        token = children[0]
        if hint := lowercase_operator_hint(token):
            self.report(hint, start_offset(token))
            return None
        if foreign := foreign_operator(str(token), self.text[token.end_pos or 0 :]):
            self.report(foreign, start_offset(token))
            return None
        if token in LIMITS:
            message = f'`{token}` needs a number, as in `{token} 5 storm`; write "{token}" in quotes for the word'
            self.report(message, start_offset(token))
            return None
        if token in ("and", "or", "not"):
            self.report(
                f"`{token}` is a word here: write {token.upper()} for the operator, "
                f'or "{token}" in quotes for the word',
                start_offset(token),
                warning=True,
            )
        return self.compile_term(token)

    def compile_term(self, token: Token) -> Node | None:
        """Parse a word, phrase or regex; None after reporting its fault."""
        try:
            return TERM_PARSERS[token.type](str(token))
        except SyntaxFault as fault:
            self.report(slash_operator(token) or fault.message, start_offset(token))
            return None

    def _phrase(self, children: list[Token]) -> Node | None:
        return self.compile_term(children[0])

    def _exact(self, children: list[Token]) -> Node | None:
        return self.compile_term(children[0])

    def _regex(self, children: list[Token]) -> Node | None:
        return self.compile_term(children[0])

    def _alias(self, children: list[Token]) -> Node | None:
        name = str(children[0])[1:]
        if name in self.aliases:
            alias = self.aliases[name]
            self.term_count += count_terms(alias) if alias else 0
            if self.term_count > MAX_QUERY_TERMS:
                message = f"the query has more than {MAX_QUERY_TERMS:,} terms, including its aliases"
                raise SyntaxFault(message, start_offset(children[0]))
            return alias
        hint = did_you_mean(name, self.aliases, "@") or known_aliases(name, self.aliases)
        self.report(f"unknown alias `@{name}`" + (f"; {hint}" if hint else ""), start_offset(children[0]))
        return None


def is_group(tree: Tree[Token] | Token) -> bool:
    return isinstance(tree, Tree) and tree.data == "group"


def known_aliases(name: str, aliases: AliasNodes) -> str:
    """Return the aliases that begin with the name, or else a few, as a hint; "" if there are none."""
    names = [alias for alias in aliases if name and alias.startswith(name)] or list(aliases)
    shown = ", ".join(f"@{alias}" for alias in names[:MAX_LISTED_ALIASES])
    return f"aliases.yaml has {shown}{', …' if len(names) > MAX_LISTED_ALIASES else ''}" if names else ""


def lowercase_operator_hint(word: str) -> str:
    """Return an error message for an operator in lower case, such as `near/5`, else ""."""
    name, slash, _ = word.partition("/")
    if slash and name != name.upper() and f"{name.upper()}/n" in OPERATORS:
        return f"operators are uppercase: expected {word.upper()}, found `{word}`"
    return ""
