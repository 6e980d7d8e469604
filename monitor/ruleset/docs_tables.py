"""Generates the tables of docs/rules.md: the operators and the keys of a rule.

python -m monitor.ruleset.docs_tables docs/rules.md      updates the tables in the file
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from monitor.ruleset.query.operators import OPERATORS
from monitor.ruleset.rule_test_schema import RuleTestModel, SequenceItemModel
from monitor.ruleset.schema import FigureModel, RuleModel
from monitor.ruleset.schema_base import RuleFileModel


def with_current_tables(page: str) -> str:
    """Return the page with current tables, each between `<!-- NAME -->` and `<!-- end -->`."""
    tables = {
        "operators": operator_table(),
        "keys": key_table(RuleModel),
        "test keys": key_table(RuleTestModel),
        "sequence keys": key_table(SequenceItemModel),
        "figure keys": key_table(FigureModel),
    }
    for name, table in tables.items():
        before, _, rest = page.partition(f"<!-- {name} -->\n")
        page = f"{before}<!-- {name} -->\n{table}\n<!-- end -->{rest.partition('<!-- end -->')[2]}"
    return page


def operator_table() -> str:
    """A row for each form of the query language, with texts that match and texts that do not."""
    rows = []
    for operator in OPERATORS.values():
        matching = "<br>".join(f"`{query}` matches “{text}”" for query, text in operator.examples)
        failing = "<br>".join(f"`{query}` does not match “{text}”" for query, text in operator.counterexamples)
        rows.append((f"`{operator.word}`", operator.meaning, f"{matching}<br>{failing}"))
    return markdown_table(("write", "meaning", "examples"), rows)


def key_table(model: type[RuleFileModel]) -> str:
    """A row for each key of a table in a rule file."""
    rows = [
        (f"`{name}`", str(field.description), "required" if field.is_required() else default_text(field.default))
        for name, field in model.model_fields.items()
    ]
    return markdown_table(("key", "meaning", "default"), rows)


def default_text(value: Any) -> str:
    """The default of an omitted key, "" if there is none."""
    if isinstance(value, tuple) and value:
        return f"`[{', '.join(map(str, value))}]`"
    return "" if value in (None, (), {}, "") else f"`{str(value).lower()}`"


def markdown_table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(with_current_tables(path.read_text("utf-8")), "utf-8")
