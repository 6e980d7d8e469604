"""Every example that the manual shows is true, and the manual shows what the program reads."""

import re
from pathlib import Path

import pytest

from monitor.ruleset import manual
from monitor.ruleset.aliases import read_aliases
from monitor.ruleset.operators import OPERATORS, between
from monitor.ruleset.parse import compile_query
from monitor.ruleset.query import Document
from monitor.ruleset.reading import Reading
from monitor.ruleset.yamltree import read_tree

ROOT = Path(__file__).parents[2]
ALIASES = read_aliases(read_tree((ROOT / "rules/aliases.yaml").read_text("utf-8"))[0])[0]
HELD = [(operator.word, *example) for operator in OPERATORS.values() for example in operator.holds]
FAILED = [(operator.word, *example) for operator in OPERATORS.values() for example in operator.fails]


def holds(query: str, text: str) -> bool:
    claims = re.split(r"(?<=\.) ", text)
    compiled, faults = compile_query(query, ALIASES)
    assert compiled, faults
    everywhere = frozenset(range(len(claims)))
    return compiled.root.meet(Document(Reading(claims), everywhere, {"text": everywhere})) is not None


@pytest.mark.parametrize(("word", "query", "text"), HELD)
def test_an_example_holds(word, query, text):
    assert holds(query, text)


@pytest.mark.parametrize(("word", "query", "text"), FAILED)
def test_a_counterexample_does_not_hold(word, query, text):
    assert not holds(query, text)


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=lambda operator: operator.word)
def test_every_operator_shows_what_it_meets_and_what_it_does_not(operator):
    assert operator.meaning and operator.holds and operator.fails


def test_the_manual_holds_the_tables_of_this_program():
    written = (ROOT / "docs/rules.md").read_text("utf-8")

    assert written == manual.renewed(written), "run: python -m monitor.ruleset.manual docs/rules.md"
    assert all(f"`{word}`" in written for word in OPERATORS)


def test_an_operator_is_one_decorated_function():
    from monitor.ruleset import syntax

    @between("BESIDE/n", "A trial.", holds=(("a BESIDE/2 b", "a b"),), fails=(("a BESIDE/2 b", "b"),))
    def beside(left, right, n):
        return left + right if n == 2 else []

    syntax.grammar.cache_clear()
    try:
        assert holds("a BESIDE/2 b", "b x y z a")
        assert not holds("a BESIDE/3 b", "b a")
    finally:
        del OPERATORS["BESIDE/n"]
        syntax.grammar.cache_clear()
