"""The tables of docs/rules.md, made from what the program itself reads: operators and the keys of a rule.

python -m monitor.ruleset.docs_tables docs/rules.md      writes them anew
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from monitor.ruleset.query.operators import OPERATORS
from monitor.ruleset.schema import FigureModel, RuleFileModel, RuleModel, RuleTestModel


def with_current_tables(page: str) -> str:
    """The manual with its tables made anew, each between `<!-- NAME -->` and `<!-- end -->`."""
    tables = {
        "operators": operator_table(),
        "keys": key_table(RuleModel),
        "test keys": key_table(RuleTestModel),
        "figure keys": key_table(FigureModel),
    }
    for name, table in tables.items():
        before, _, rest = page.partition(f"<!-- {name} -->\n")
        page = f"{before}<!-- {name} -->\n{table}\n<!-- end -->{rest.partition('<!-- end -->')[2]}"
    return page


def operator_table() -> str:
    """A row for each form of the query language, with a text that meets its example and one that does not."""
    rows = []
    for operator in OPERATORS.values():
        matching = "<br>".join(f"`{query}` meets “{text}”" for query, text in operator.examples)
        failing = "<br>".join(f"`{query}` does not meet “{text}”" for query, text in operator.counterexamples)
        rows.append((f"`{operator.word}`", operator.meaning, f"{matching}<br>{failing}"))
    return markdown_table(("write", "meaning", "for example"), rows)


def key_table(model: type[RuleFileModel]) -> str:
    """A row for each key of a table in a rule file."""
    rows = [
        (f"`{name}`", str(field.description), "must be there" if field.is_required() else default_text(field.default))
        for name, field in model.model_fields.items()
    ]
    return markdown_table(("key", "meaning", "default"), rows)


def default_text(value: Any) -> str:
    """What holds if a key is left out."""
    if isinstance(value, tuple) and value:
        return f"`[{', '.join(map(str, value))}]`"
    return "" if value in (None, (), {}, "") else f"`{str(value).lower()}`"


def markdown_table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [header, tuple("---" for _ in header), *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(with_current_tables(path.read_text("utf-8")), "utf-8")
