"""Marks in a claim the words that met a query."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

import click

from monitor.cli.output import PIPE_WIDTH_COLUMNS, terminal_safe

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text


def highlight_matches(claim: str, matched: Sequence[str]) -> str:
    """The claim with these words of it in brackets, and bold where there are styles."""
    words = sorted(map(terminal_safe, matched), key=len, reverse=True)
    if not words:
        return claim
    return re.sub(
        "|".join(map(_whole_word_pattern, words)),
        lambda word_match: click.style(f"[{word_match[0]}]", bold=True),
        claim,
    )


def _whole_word_pattern(word: str) -> str:
    """A pattern for the whole word; scripts without spaces have no bounds to hold it to."""
    return rf"(?<!\w){re.escape(word)}(?!\w)" if word.isascii() else re.escape(word)


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
