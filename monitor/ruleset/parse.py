"""Turns the text of a query into a `Query`, or into every fault it has with the offset of each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from lark import Token, Tree

from monitor.ruleset import terms
from monitor.ruleset.faults import Fault, did_you_mean
from monitor.ruleset.lint import MOST_TERMS, contradiction, leaves, meeting, not_a_place, scoped, scopes_of, size
from monitor.ruleset.operators import OPERATORS, Operator
from monitor.ruleset.query import And, Counted, Node, Not, Or, Pair, Query, holds_for_silence
from monitor.ruleset.syntax import parsed, source_of, start_of

FARTHEST = 1_000
SCOPES = ("title", "text", "url", "author", "tag")
Aliases = Mapping[str, Node | None]  # None: it was blamed where it is written


def compile_query(text: str, aliases: Aliases) -> tuple[Query | None, list[Fault]]:
    """The query and its warnings; or None and every fault of it."""
    compiler = Compiler(text, aliases)
    root = compiler.compile()
    if root is None or any(not fault.warning for fault in compiler.faults):
        return None, compiler.faults
    return Query(text, root), compiler.faults


@dataclass(slots=True)
class Compiler:
    """One query on its way. `faults` gathers what is wrong."""

    text: str
    aliases: Aliases
    faults: list[Fault] = field(default_factory=list)
    terms: int = 0

    def compile(self) -> Node | None:
        """The root, or None."""
        try:
            root = self.node(parsed(self.text))
        except Fault as fault:
            self.faults.append(fault)
            return None
        if root is not None:
            self.look_over(root)
        return root

    def look_over(self, root: Node) -> None:
        """Faults of the whole."""
        if holds_for_silence(root):
            self.blame("this asks only for what must be absent, which is almost every text: add what must be there")
        elif never := contradiction(root):
            self.blame(never)

    def blame(self, message: str, offset: int = 0, warning: bool = False) -> None:
        """Notes a fault."""
        self.faults.append(Fault(message, offset, warning))

    def node(self, tree: Tree[Token] | Token) -> Node | None:
        """The node that a part of the parse tree stands for; None if a fault was noted in it."""
        assert isinstance(tree, Tree)
        build = getattr(self, f"_{tree.data}")
        built: Node | None = build(tree.children)
        return built

    def nodes(self, children: list[Tree[Token]]) -> tuple[Node, ...] | None:
        """All of them, or None if one has a fault."""
        built = [self.node(child) for child in children]
        return None if None in built else tuple(node for node in built if node)

    def _start(self, children: list[Tree[Token]]) -> Node | None:
        return self.node(children[0])

    def _group(self, children: list[Tree[Token]]) -> Node | None:
        return self.node(children[0])

    def _either(self, children: list[Tree[Token]]) -> Node | None:
        for child in children:
            if child.data == "both" and not any(isinstance(part, Token) for part in child.children):
                read = " AND ".join(source_of(part, self.text) for part in child.children)
                self.blame(
                    f"beside OR, `{source_of(child, self.text)}` is read as `({read})`: write brackets around what "
                    "belongs together, or quotes around a phrase",
                    start_of(child),
                    warning=True,
                )
        built = self.nodes(children)
        return Or(built) if built else None

    def _both(self, children: list[Tree[Token] | Token]) -> Node | None:
        built = self.nodes([child for child in children if isinstance(child, Tree)])
        if built is None:
            return None
        return And(tuple(part for node in built for part in (node.nodes if isinstance(node, And) else (node,))))

    def _negation(self, children: list[Tree[Token]]) -> Node | None:
        built = self.node(children[1])
        return Not(built) if built else None

    def _pair(self, children: list[Tree[Token]]) -> Node | None:
        left, token, right = children
        assert isinstance(token, Token)
        operator, distance = self.between(token)
        one, other = self.node(left), self.node(right)
        if operator is None or operator.near is None or one is None or other is None:
            return None
        for side, tree in ((one, left), (other, right)):
            if sentence := not_a_place(side, operator.word):
                self.blame(sentence, start_of(tree))
                return None
        if not meeting(scopes_of(one), scopes_of(other)):
            self.blame(f"{operator.word} can never hold here: its sides look at different places", start_of(token))
        return Pair(operator.near, one, other, distance)

    def between(self, token: Token) -> tuple[Operator | None, int]:
        """The operator that a token names and its distance in words."""
        word, _, distance = str(token).partition("/")
        operator = OPERATORS.get(f"{word}/n") or OPERATORS.get(re.sub(r"\s+", " ", word))
        if operator and not operator.word.endswith("/n") and not distance:
            return operator, 0
        if distance.isascii() and distance.isdigit() and 1 <= int(distance[:9]) <= FARTHEST:
            return operator, int(distance)
        sentence = f"expected a distance from 1 to {FARTHEST:,} words, as in {word}/5, found `{token}`"
        self.blame(sentence, start_of(token))
        return None, 0

    def _counted(self, children: list[Tree[Token]]) -> Node | None:
        of, token = children
        assert isinstance(token, Token)
        sign = re.match(r"[<>]=?|[≤≥=]", token)
        assert sign
        number = number_of(token[sign.end() :].strip())
        if number is None:
            self.blame(f"expected a number after `{sign[0]}`, as in `soldiers > 10000`", start_of(token))
            return None
        built = self.node(of)
        if built and (sentence := not_a_place(built, sign[0])):
            self.blame(sentence, start_of(of))
            return None
        spelt = {"≤": "<=", "≥": ">="}.get(sign[0], sign[0])
        return Counted(built, spelt, number, self.text[start_of(of) : token.end_pos]) if built else None

    def _scoped(self, children: list[Tree[Token]]) -> Node | None:
        token, inner = children
        scope = str(token).lower().removesuffix(":")
        if scope not in SCOPES:
            known = "title:, text:, url:, author: or tag:"
            hint = did_you_mean(scope, SCOPES) or f'a colon inside a word needs quotes: `"{scope}:…"`'
            self.blame(f"unknown scope `{token}`: expected {known}; {hint}", start_of(token))
            return None
        built = self.node(inner)
        if built is None:
            return None
        if any(leaf.scope not in ("", scope) for leaf in leaves(built)):
            self.blame(f"a scope stands inside `{scope}:`: a term has one scope", start_of(token))
            return None
        return scoped(built, scope)

    def _word(self, children: list[Token]) -> Node | None:
        token = children[0]
        if sentence := slipped_operator(token):
            self.blame(sentence, start_of(token))
            return None
        if token in ("and", "or", "not"):
            self.blame(
                f"`{token}` is searched for as a word: write {token.upper()} for the operator, "
                f'or "{token}" in quotes for the word',
                start_of(token),
                warning=True,
            )
        return self.term(token)

    def term(self, token: Token) -> Node | None:
        """A word, phrase or regex, checked where its own kind is known."""
        build = {"WORD": terms.word, "PHRASE": terms.phrase, "REGEX": terms.regex}[token.type]
        try:
            return build(str(token))
        except Fault as fault:
            self.blame(fault.message, start_of(token))
            return None

    def _phrase(self, children: list[Token]) -> Node | None:
        return self.term(children[0])

    def _regex(self, children: list[Token]) -> Node | None:
        return self.term(children[0])

    def _alias(self, children: list[Token]) -> Node | None:
        name = str(children[0])[1:]
        if name in self.aliases:
            alias = self.aliases[name]
            self.terms += size(alias) if alias else 0
            if self.terms > MOST_TERMS:
                raise Fault(f"with its aliases this query has more than {MOST_TERMS:,} terms", start_of(children[0]))
            return alias
        hint = did_you_mean(name, self.aliases, "@")
        self.blame(f"unknown alias `@{name}`" + (f"; {hint}" if hint else ""), start_of(children[0]))
        return None


def slipped_operator(word: str) -> str:
    """A sentence if the word must be an operator in lower case, such as `near/5`."""
    name, slash, _ = word.partition("/")
    if slash and name != name.upper() and f"{name.upper()}/n" in OPERATORS:
        return f"operators are written in capitals: expected {word.upper()}, found `{word}`"
    return ""


def number_of(digits: str) -> float | None:
    """`10000`, `10,000`, `2.5`; None if it is no number."""
    plain = re.fullmatch(r"\d+(?:[,_]\d{3})*(?:\.\d+)?", digits, re.ASCII)
    return float(re.sub("[,_]", "", digits)) if plain and len(digits) < 20 else None
