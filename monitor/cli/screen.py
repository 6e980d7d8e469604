"""Styled lines in a terminal, broken to its width; plain and whole where a program reads or NO_COLOR is set."""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from monitor.cli.output import PIPE_WIDTH_COLUMNS

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

StyledPart: TypeAlias = tuple[str, str]  # a text and its style

MARGIN_COLUMNS = 13
MIN_TEXT_COLUMNS = 20  # columns of text beside the margin; a narrower terminal breaks lines by itself


@cache
def stdout_console() -> Console:
    """Standard output."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else PIPE_WIDTH_COLUMNS)


def has_color() -> bool:
    """Whether colours and strokes are shown."""
    return stdout_console().color_system is not None and not stdout_console().no_color


def print_line(*parts: StyledPart) -> None:
    """One line; the terminal breaks it."""
    stdout_console().print(_styled_text(*parts), soft_wrap=True)


def print_beside_label(label: StyledPart, *parts: StyledPart) -> None:
    """Text that hangs beside a margin with a head in it."""
    for line in _styled_text(*parts).wrap(
        stdout_console(), max(MIN_TEXT_COLUMNS, stdout_console().width - MARGIN_COLUMNS)
    ):
        line.rstrip()
        padding = " " * (MARGIN_COLUMNS - len(label[0]))
        stdout_console().print(_styled_text(label, (padding, "")).append_text(line), soft_wrap=True)
        label = ("", "")


def _styled_text(*parts: StyledPart) -> Text:
    from rich.text import Text

    return Text.assemble(*(parts if has_color() else (text for text, _ in parts)))
