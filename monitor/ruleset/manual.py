"""The tables of docs/rules.md, made from what the program itself reads: operators and the keys of a rule.

python -m monitor.ruleset.manual docs/rules.md      writes them anew
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from monitor.ruleset.operators import OPERATORS
from monitor.ruleset.shape import FigureShape, RuleShape, Shape, TestShape


def renewed(manual: str) -> str:
    """The manual with its tables made anew, each between `<!-- NAME -->` and `<!-- end -->`."""
    tables = {
        "operators": operators(),
        "keys": keys(RuleShape),
        "test keys": keys(TestShape),
        "figure keys": keys(FigureShape),
    }
    for name, table in tables.items():
        before, _, rest = manual.partition(f"<!-- {name} -->\n")
        manual = f"{before}<!-- {name} -->\n{table}\n<!-- end -->{rest.partition('<!-- end -->')[2]}"
    return manual


def operators() -> str:
    """A row for each form of the query language, with a text that meets its example and one that does not."""
    rows = []
    for operator in OPERATORS.values():
        met = "<br>".join(f"`{query}` meets “{text}”" for query, text in operator.holds)
        missed = "<br>".join(f"`{query}` does not meet “{text}”" for query, text in operator.fails)
        rows.append((f"`{operator.word}`", operator.meaning, f"{met}<br>{missed}"))
    return table(("write", "meaning", "for example"), rows)


def keys(shape: type[Shape]) -> str:
    """A row for each key of a table in a rule file."""
    rows = [
        (f"`{name}`", str(field.description), "must be there" if field.is_required() else default(field.default))
        for name, field in shape.model_fields.items()
    ]
    return table(("key", "meaning", "default"), rows)


def default(value: Any) -> str:
    """What holds if a key is left out."""
    if isinstance(value, tuple) and value:
        return f"`[{', '.join(map(str, value))}]`"
    return "" if value in (None, (), {}, "") else f"`{str(value).lower()}`"


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(renewed(path.read_text("utf-8")), "utf-8")
