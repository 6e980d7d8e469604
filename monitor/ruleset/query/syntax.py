"""Turns the text of a query into a parse tree, or into one sentence about where it stops being one."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from lark import Lark, Token, Tree, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from monitor.ruleset.query.faults import SyntaxFault
from monitor.ruleset.query.operators import OPERATORS
from monitor.ruleset.query.parse_term import UNCLOSED_QUOTE, UNCLOSED_REGEX

MAX_QUERY_CHARS = 20_000
MAX_QUERY_DEPTH = 200
TYPOGRAPHIC_SIGNS = str.maketrans("“”„«»＂（）＠：", '""""""()@:')


@cache
def query_parser() -> Lark:
    """The parser, with the words of the operators that stand between terms."""
    operator_patterns = []
    for operator in OPERATORS.values():
        if operator.proximity:
            word = re.escape(operator.word.removesuffix("/n")).replace(r"\ ", r"\s+")
            operator_patterns.append(word + (r'(\/[^\s()"]*)?' if operator.word.endswith("/n") else ""))
    between = f'BETWEEN.4: /({"|".join(operator_patterns)})(?![^\\s()"])/'
    source = files("monitor.ruleset").joinpath("grammar.lark").read_text("utf-8")
    return Lark(f"{source}\n{between}\n", parser="lalr", lexer="basic", maybe_placeholders=False)


def parse_query(text: str) -> Tree[Token]:
    """The parse tree of a query. Raises Fault."""
    if not text.strip():
        raise SyntaxFault("this query is empty: expected at least one word")
    if len(text) > MAX_QUERY_CHARS:
        raise SyntaxFault(
            f"this query is longer than {MAX_QUERY_CHARS:,} characters: put long lists into aliases.yaml"
        )
    normalized = text.translate(TYPOGRAPHIC_SIGNS)
    try:
        tree = query_parser().parse(normalized)
    except UnexpectedInput as error:
        raise syntax_fault(normalized, error) from None
    if is_deeper_than(tree, MAX_QUERY_DEPTH):
        raise SyntaxFault(f"this query is nested deeper than {MAX_QUERY_DEPTH} levels")
    return tree


def syntax_fault(text: str, error: UnexpectedInput) -> SyntaxFault:
    """What a person would say of the place where the parser stopped."""
    if (bracket_fault := find_unclosed_literal(text) or find_unbalanced_bracket(text)) is not None:
        return bracket_fault
    if isinstance(error, UnexpectedCharacters):
        offset = error.pos_in_stream or 0
        return SyntaxFault(f"`{text[offset]}` is not expected here", offset)
    assert isinstance(error, UnexpectedToken)
    token, previous = error.token, last_token(text, error)
    if token.type == "$END":
        return SyntaxFault(
            f"the query ends after `{previous}`: expected a word, phrase or bracket", len(text.rstrip()) - 1
        )
    if token.type == "RPAR" and previous == "(":
        return SyntaxFault("nothing stands inside these brackets", start_offset(token))
    position = f"after `{previous}`" if previous else "at the start"
    return SyntaxFault(f"`{token}` cannot stand {position}: expected a word, phrase or bracket", start_offset(token))


def last_token(text: str, error: UnexpectedToken) -> str:
    """The token before the one that the parser stopped at."""
    end = error.pos_in_stream if error.token.type != "$END" else len(text)
    tokens = re.findall(r'[()]|"[^"]*"|[^\s()"]+', text[:end])
    return tokens[-1] if tokens else ""


def find_unclosed_literal(text: str) -> SyntaxFault | None:
    """The first quote or regex that is not closed; it swallows brackets, so it is told before them."""
    for token in query_parser().lex(text):
        if token.type == "PHRASE" and token.count('"') < 2:
            return SyntaxFault(UNCLOSED_QUOTE, start_offset(token))
        if token.type == "REGEX" and (len(token) < 2 or not token.endswith("/")):
            return SyntaxFault(UNCLOSED_REGEX, start_offset(token))
    return None


def find_unbalanced_bracket(text: str) -> SyntaxFault | None:
    """The first bracket that closes nothing, or the last that is not closed."""
    open_offsets = []
    for token in query_parser().lex(text):
        if token.type == "LPAR":
            open_offsets.append(start_offset(token))
        elif token.type == "RPAR" and not open_offsets:
            return SyntaxFault("this bracket closes nothing: expected a `(` before it", start_offset(token))
        elif token.type == "RPAR":
            open_offsets.pop()
    return SyntaxFault("this bracket is not closed: expected a `)`", open_offsets[-1]) if open_offsets else None


def is_deeper_than(tree: Tree[Token], limit: int) -> bool:
    """Is a branch longer than `limit`? Without recursion, since that is what it guards."""
    pending = [(tree, 0)]
    while pending:
        node, depth = pending.pop()
        if depth > limit:
            return True
        pending += [(child, depth + 1) for child in node.children if isinstance(child, Tree)]
    return False


def start_offset(tree: Tree[Token] | Token) -> int:
    """The offset of the first character of a token, or of the first token in a tree."""
    while isinstance(tree, Tree):
        tree = tree.children[0]
    return tree.start_pos or 0


def query_excerpt(tree: Tree[Token] | Token, text: str) -> str:
    """A part of the query as written, but for brackets at its edges."""
    last_part = tree
    while isinstance(last_part, Tree):
        last_part = last_part.children[-1]
    return text[start_offset(tree) : last_part.end_pos]
