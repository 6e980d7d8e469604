"""Every example of the manual is true, and its tables are current."""

import re
from itertools import accumulate
from pathlib import Path

import pytest

from monitor.ruleset import docs_tables
from monitor.ruleset.aliases import read_aliases
from monitor.ruleset.query.compile import compile_query
from monitor.ruleset.query.nodes import MatchWindow
from monitor.ruleset.query.operators import OPERATORS, register_proximity
from monitor.ruleset.query.segments import ReadingOrder, SegmentIndex
from monitor.ruleset.yaml_tree import parse_yaml

ROOT = Path(__file__).parents[2]
ALIASES = read_aliases(parse_yaml((ROOT / "rules/aliases.yaml").read_text("utf-8"))[0])[0]
EXAMPLES = [(operator.word, *example) for operator in OPERATORS.values() for example in operator.examples]
COUNTEREXAMPLES = [
    (operator.word, *example) for operator in OPERATORS.values() for example in operator.counterexamples
]


def matches(query: str, text: str) -> bool:
    paragraphs = [re.split(r"(?<=\.) ", paragraph) for paragraph in text.split(" ¶ ")]
    claims = [claim for paragraph in paragraphs for claim in paragraph]
    starts = set(accumulate(map(len, paragraphs), initial=0))
    order = ReadingOrder(frozenset(), range(len(claims)), frozenset(range(len(claims))) - starts)
    compiled, faults = compile_query(query, ALIASES)
    assert compiled, faults
    all_segments = frozenset(range(len(claims)))
    window = MatchWindow(SegmentIndex(claims, order), all_segments, {"text": all_segments})
    return compiled.root.evaluate(window) is not None


@pytest.mark.parametrize(("word", "query", "text"), EXAMPLES)
def test_each_example_of_an_operator_matches(word, query, text):
    assert matches(query, text)


@pytest.mark.parametrize(("word", "query", "text"), COUNTEREXAMPLES)
def test_a_counterexample_does_not_match(word, query, text):
    assert not matches(query, text)


@pytest.mark.parametrize("operator", OPERATORS.values(), ids=lambda operator: operator.word)
def test_every_operator_has_a_meaning_examples_and_counterexamples(operator):
    assert operator.meaning and operator.examples and operator.counterexamples


def test_the_tables_of_the_manual_are_current():
    page = (ROOT / "docs/rules.md").read_text("utf-8")

    assert page == docs_tables.with_current_tables(page), "run: python -m monitor.ruleset.docs_tables docs/rules.md"
    assert all(f"`{word}`" in page for word in OPERATORS)


def test_an_operator_can_be_added_with_one_decorated_function():
    from monitor.ruleset.query import syntax

    @register_proximity(
        "BESIDE/n", "A trial.", examples=(("a BESIDE/2 b", "a b"),), counterexamples=(("a BESIDE/2 b", "b"),)
    )
    def beside(left, right, n):
        return left + right if n == 2 else []

    syntax.query_parser.cache_clear()
    try:
        assert matches("a BESIDE/2 b", "b x y z a")
        assert not matches("a BESIDE/3 b", "b a")
    finally:
        del OPERATORS["BESIDE/n"]
        syntax.query_parser.cache_clear()
