"""Output of commands: JSON and tables. Text from feeds is sanitized before it reaches a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from monitor.model import Moment

PIPE_WIDTH_COLUMNS = 10_000  # wide enough that nothing is cut when another program reads the output


def show_json(value: Any) -> None:
    click.echo(safe_json(value, indent=2))


def safe_json(value: Any, indent: int | None = None) -> str:
    """Return JSON in which each character that a terminal would act on, or not show, is escaped."""
    from monitor.log import escape_invisible

    lines = json.dumps(value, ensure_ascii=False, indent=indent).split("\n")
    return "\n".join(map(escape_invisible, lines))


def show_table(headers: Sequence[str], rows: Iterable[Sequence[object]], empty_message: str) -> None:
    """Print a table without borders, or `empty_message` if there are no rows."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    rows = list(rows)
    if not rows:
        click.echo(empty_message)
        return
    table = Table(*headers, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*(Text(terminal_safe(str(cell))) for cell in row))
    Console(width=None if sys.stdout.isatty() else PIPE_WIDTH_COLUMNS).print(table)


def terminal_safe(text: str) -> str:
    """Return text on one line, without control characters."""
    from monitor.deliver.sanitize import sanitize

    return sanitize(text)


def iso_utc(moment: Moment | None) -> str | None:
    """Return ISO 8601 in UTC, to the second."""
    if moment is None:
        return None
    from monitor.serialize import format_iso

    return format_iso(moment // 1)


def pluralize(number: int, noun: str) -> str:
    """Return `1 problem`, `2 problems`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def relative_to_cwd(path: Path) -> Path:
    """Return a path relative to the current folder if it is inside it, else unchanged."""
    try:
        return path.absolute().relative_to(Path.cwd())
    except ValueError:
        return path


def open_text(name: str) -> IO[str]:
    """Open a UTF-8 file, or standard input for `-`; invalid bytes are replaced. Raise OSError if unreadable."""
    return click.open_file(name, encoding="utf-8-sig", errors="replace")
