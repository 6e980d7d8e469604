"""Parses the text of a query into a tree, or reports the first syntax error with its offset."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cache
from importlib.resources import files

from lark import Lark, Token, Tree, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from monitor.ruleset.query.faults import SyntaxFault
from monitor.ruleset.query.foreign import slash_operator
from monitor.ruleset.query.limits import LIMIT_PATTERN
from monitor.ruleset.query.operators import OPERATORS
from monitor.ruleset.query.parse_term import UNCLOSED_QUOTE, UNCLOSED_REGEX

MAX_QUERY_CHARS = 20_000
MAX_QUERY_DEPTH = 200
EXPECTED_TERM = "expected a word, a phrase or `(`"
FOREIGN_SIGNS = {
    "=>": "`>=`",
    "=<": "`<=`",
    "==": "`=`, before a number for a comparison and before a word for exact case",
    "<>": "NOT and `=`, as in `NOT deaths = 5`",
}
TYPOGRAPHIC_SIGNS = str.maketrans("“”„«»＂（）＠：", '""""""()@:')


@cache
def query_parser() -> Lark:
    """The parser, with the registered proximity operators."""
    operator_patterns = []
    for operator in OPERATORS.values():
        if operator.proximity:
            word = re.escape(operator.word.removesuffix("/n")).replace(r"\ ", r"\s+")
            operator_patterns.append(word + (r'(\/[^\s()"]*)?' if operator.word.endswith("/n") else ""))
    between = f'BETWEEN.4: /({"|".join(operator_patterns)})(?![^\\s()"])/'
    comparison = "COMPARISON.2: /" + LIMIT_PATTERN.replace("/", r"\/") + "/"
    source = files("monitor.ruleset.query").joinpath("grammar.lark").read_text("utf-8")
    return Lark(f"{source}\n{between}\n{comparison}\n", parser="lalr", lexer="basic", maybe_placeholders=False)


def parse_query(text: str) -> Tree[Token]:
    """Return the parse tree of a query. Raises SyntaxFault."""
    if not text.strip():
        raise SyntaxFault("empty query: expected at least one word")
    if len(text) > MAX_QUERY_CHARS:
        raise SyntaxFault(
            f"the query is longer than {MAX_QUERY_CHARS:,} characters: put long lists into aliases.yaml"
        )
    normalized = text.translate(TYPOGRAPHIC_SIGNS)
    try:
        tree = query_parser().parse(normalized)
    except UnexpectedInput as error:
        raise syntax_fault(normalized, error) from None
    if is_deeper_than(tree, MAX_QUERY_DEPTH):
        raise SyntaxFault(f"the query is nested deeper than {MAX_QUERY_DEPTH} levels")
    return tree


def syntax_fault(text: str, error: UnexpectedInput) -> SyntaxFault:
    """Describe the error at which the parser stopped."""
    if (bracket_fault := find_unclosed_literal(text) or find_unbalanced_bracket(text)) is not None:
        return bracket_fault
    if isinstance(error, UnexpectedCharacters):
        offset = error.pos_in_stream or 0
        return SyntaxFault(f"unexpected `{text[offset]}`", offset)
    assert isinstance(error, UnexpectedToken)
    if sign_fault := find_foreign_sign(text, error.pos_in_stream or 0):
        return sign_fault
    token, previous = error.token, last_token(text, error)
    if token.type == "$END":
        return SyntaxFault(f"the query ends after `{previous}`: {EXPECTED_TERM}", len(text.rstrip()) - 1)
    if token.type == "RPAR" and previous == "(":
        return SyntaxFault("empty parentheses", start_offset(token))
    position = f"after `{previous}`" if previous else "at the start"
    return SyntaxFault(f"unexpected `{token}` {position}: {EXPECTED_TERM}", start_offset(token))


def find_foreign_sign(text: str, offset: int) -> SyntaxFault | None:
    """Return a fault for `=>`, `=<`, `==` or `<>` at which the parser stopped."""
    for match in re.finditer("|".join(FOREIGN_SIGNS), text):
        if match.start() <= offset <= match.end():
            return SyntaxFault(f"`{match[0]}` is no comparison: write {FOREIGN_SIGNS[match[0]]}", match.start())
    return None


def last_token(text: str, error: UnexpectedToken) -> str:
    """Return the token before the one at which the parser stopped, "" at the start."""
    end = error.pos_in_stream if error.token.type != "$END" else len(text)
    tokens = re.findall(r'[()]|"[^"]*"|[^\s()"]+', text[:end])
    return tokens[-1] if tokens else ""


def find_unclosed_literal(text: str) -> SyntaxFault | None:
    """Return the first unclosed quote or regex. It swallows parentheses, so it is reported before them."""
    for token in query_parser().lex(text):
        if token.type in ("PHRASE", "EXACT") and token.count('"') == 1:
            return SyntaxFault(UNCLOSED_QUOTE, start_offset(token))
        if token.type == "REGEX" and (len(token) < 2 or not token.endswith("/")):
            return SyntaxFault(slash_operator(token) or UNCLOSED_REGEX, start_offset(token))
    return None


def find_unbalanced_bracket(text: str) -> SyntaxFault | None:
    """Return the first unmatched `)`, or the last unclosed `(`."""
    open_offsets = []
    for token in query_parser().lex(text):
        if token.type == "LPAR":
            open_offsets.append(start_offset(token))
        elif token.type == "RPAR" and not open_offsets:
            return SyntaxFault("unmatched `)`: expected a `(` before it", start_offset(token))
        elif token.type == "RPAR":
            open_offsets.pop()
    return SyntaxFault("unclosed `(`: expected a `)`", open_offsets[-1]) if open_offsets else None


def alias_references(text: str) -> list[tuple[str, int]]:
    """Return the names after `@` in a query, each with its offset; those before the first unreadable character."""
    tokens: list[Token] = []
    with suppress(UnexpectedInput):
        tokens.extend(query_parser().lex(text.translate(TYPOGRAPHIC_SIGNS)))
    return [(str(token)[1:], start_offset(token)) for token in tokens if token.type == "ALIAS"]


def is_deeper_than(tree: Tree[Token], limit: int) -> bool:
    """Return whether a branch is longer than `limit`. Not recursive, because it guards against deep recursion."""
    pending = [(tree, 0)]
    while pending:
        node, depth = pending.pop()
        if depth > limit:
            return True
        pending += [(child, depth + 1) for child in node.children if isinstance(child, Tree)]
    return False


def start_offset(tree: Tree[Token] | Token) -> int:
    """Return the offset of a token, or of the first token in a tree."""
    while isinstance(tree, Tree):
        tree = tree.children[0]
    return tree.start_pos or 0


def query_excerpt(tree: Tree[Token] | Token, text: str) -> str:
    """Return a part of the query as written, without parentheses at its edges."""
    last_part = tree
    while isinstance(last_part, Tree):
        last_part = last_part.children[-1]
    return text[start_offset(tree) : last_part.end_pos]
