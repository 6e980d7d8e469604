"""Turns the text of a query into a parse tree, or into one sentence about where it stops being one."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from lark import Lark, Token, Tree, UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from monitor.ruleset.faults import Fault
from monitor.ruleset.operators import OPERATORS
from monitor.ruleset.terms import OPEN_QUOTE, OPEN_REGEX

LONGEST = 20_000
DEEPEST = 200
QUOTES = str.maketrans("“”„«»＂（）＠：", '""""""()@:')


@cache
def grammar() -> Lark:
    """The parser, with the words of the operators that stand between terms."""
    spelt = []
    for operator in OPERATORS.values():
        if operator.near:
            word = re.escape(operator.word.removesuffix("/n")).replace(r"\ ", r"\s+")
            spelt.append(word + (r'(\/[^\s()"]*)?' if operator.word.endswith("/n") else ""))
    between = f'BETWEEN.4: /({"|".join(spelt)})(?![^\\s()"])/'
    source = files("monitor.ruleset").joinpath("grammar.lark").read_text("utf-8")
    return Lark(f"{source}\n{between}\n", parser="lalr", lexer="basic", maybe_placeholders=False)


def parsed(text: str) -> Tree[Token]:
    """The parse tree of a query. Raises Fault."""
    if not text.strip():
        raise Fault("this query is empty: expected at least one word")
    if len(text) > LONGEST:
        raise Fault(f"this query is longer than {LONGEST:,} characters: put long lists into aliases.yaml")
    plain = text.translate(QUOTES)
    try:
        tree = grammar().parse(plain)
    except UnexpectedInput as error:
        raise syntax_fault(plain, error) from None
    if deeper_than(tree, DEEPEST):
        raise Fault(f"this query is nested deeper than {DEEPEST} levels")
    return tree


def syntax_fault(text: str, error: UnexpectedInput) -> Fault:
    """What a person would say of the place where the parser stopped."""
    if (unclosed := open_end(text) or unbalanced(text)) is not None:
        return unclosed
    if isinstance(error, UnexpectedCharacters):
        offset = error.pos_in_stream or 0
        return Fault(f"`{text[offset]}` is not expected here", offset)
    assert isinstance(error, UnexpectedToken)
    token, before = error.token, last_token(text, error)
    if token.type == "$END":
        return Fault(f"the query ends after `{before}`: expected a word, phrase or bracket", len(text.rstrip()) - 1)
    if token.type == "RPAR" and before == "(":
        return Fault("nothing stands inside these brackets", start_of(token))
    place = f"after `{before}`" if before else "at the start"
    return Fault(f"`{token}` cannot stand {place}: expected a word, phrase or bracket", start_of(token))


def last_token(text: str, error: UnexpectedToken) -> str:
    """The token before the one that the parser stopped at."""
    at = error.pos_in_stream if error.token.type != "$END" else len(text)
    before = re.findall(r'[()]|"[^"]*"|[^\s()"]+', text[:at])
    return before[-1] if before else ""


def open_end(text: str) -> Fault | None:
    """The first quote or regex that is not closed; it swallows brackets, so it is told before them."""
    for token in grammar().lex(text):
        if token.type == "PHRASE" and token.count('"') < 2:
            return Fault(OPEN_QUOTE, start_of(token))
        if token.type == "REGEX" and (len(token) < 2 or not token.endswith("/")):
            return Fault(OPEN_REGEX, start_of(token))
    return None


def unbalanced(text: str) -> Fault | None:
    """The first bracket that closes nothing, or the last that is not closed."""
    opened = []
    for token in grammar().lex(text):
        if token.type == "LPAR":
            opened.append(start_of(token))
        elif token.type == "RPAR" and not opened:
            return Fault("this bracket closes nothing: expected a `(` before it", start_of(token))
        elif token.type == "RPAR":
            opened.pop()
    return Fault("this bracket is not closed: expected a `)`", opened[-1]) if opened else None


def deeper_than(tree: Tree[Token], limit: int) -> bool:
    """Is a branch longer than `limit`? Without recursion, since that is what it guards."""
    waiting = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        if depth > limit:
            return True
        waiting += [(child, depth + 1) for child in node.children if isinstance(child, Tree)]
    return False


def start_of(tree: Tree[Token] | Token) -> int:
    """The offset of the first character of a token, or of the first token in a tree."""
    while isinstance(tree, Tree):
        tree = tree.children[0]
    return tree.start_pos or 0


def source_of(tree: Tree[Token] | Token, text: str) -> str:
    """A part of the query as written, but for brackets at its edges."""
    last = tree
    while isinstance(last, Tree):
        last = last.children[-1]
    return text[start_of(tree) : last.end_pos]
