"""Every example that the manual shows is true, and the manual shows what the program reads."""

import re
from pathlib import Path

import pytest

from monitor.ruleset import docs_tables
from monitor.ruleset.aliases import read_aliases
from monitor.ruleset.query.compile import compile_query
from monitor.ruleset.query.nodes import MatchWindow
from monitor.ruleset.query.operators import OPERATORS, register_proximity
from monitor.ruleset.query.segments import SegmentIndex
from monitor.ruleset.yaml_tree import parse_yaml

ROOT = Path(__file__).parents[2]
ALIASES = read_aliases(parse_yaml((ROOT / "rules/aliases.yaml").read_text("utf-8"))[0])[0]
HELD = [(operator.word, *example) for operator in OPERATORS.values() for example in operator.examples]
FAILED = [(operator.word, *example) for operator in OPERATORS.values() for example in operator.counterexamples]


def holds(query: str, text: str) -> bool:
    claims = re.split(r"(?<=\.) ", text)
    compiled, faults = compile_query(query, ALIASES)
    assert compiled, faults
    everywhere = frozenset(range(len(claims)))
    return compiled.root.evaluate(MatchWindow(SegmentIndex(claims), everywhere, {"text": everywhere})) is not None


@pytest.mark.parametrize(("word", "query", "text"), HELD)
def test_an_example_holds(word, query, text):
    assert holds(query, text)


@pytest.mark.parametrize(("word", "query", "text"), FAILED)
def test_a_counterexample_does_not_hold(word, query, text):
    assert not holds(query, text)


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=lambda operator: operator.word)
def test_every_operator_shows_what_it_meets_and_what_it_does_not(operator):
    assert operator.meaning and operator.examples and operator.counterexamples


def test_the_manual_holds_the_tables_of_this_program():
    written = (ROOT / "docs/rules.md").read_text("utf-8")

    assert written == docs_tables.with_current_tables(written), (
        "run: python -m monitor.ruleset.docs_tables docs/rules.md"
    )
    assert all(f"`{word}`" in written for word in OPERATORS)


def test_an_operator_is_one_decorated_function():
    from monitor.ruleset.query import syntax

    @register_proximity(
        "BESIDE/n", "A trial.", examples=(("a BESIDE/2 b", "a b"),), counterexamples=(("a BESIDE/2 b", "b"),)
    )
    def beside(left, right, n):
        return left + right if n == 2 else []

    syntax.query_parser.cache_clear()
    try:
        assert holds("a BESIDE/2 b", "b x y z a")
        assert not holds("a BESIDE/3 b", "b a")
    finally:
        del OPERATORS["BESIDE/n"]
        syntax.query_parser.cache_clear()
