"""Terminal styling: highlighted words, and text wrapped beside a label column."""

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

StyledPart: TypeAlias = tuple[str, str]  # a text and its style

MARGIN_COLUMNS = 13
MIN_TEXT_COLUMNS = 20  # beside the margin; in a narrower terminal, the terminal wraps the lines


def highlight_matches(claim: str, matched: Sequence[str]) -> str:
    """Return the claim with the matched words in brackets, and bold if the terminal has styles."""
    words = sorted(map(terminal_safe, matched), key=len, reverse=True)
    if not words:
        return claim
    pattern = "|".join(map(_whole_word_pattern, words))
    return re.sub(pattern, lambda word_match: click.style(f"[{word_match[0]}]", bold=True), claim)


def _whole_word_pattern(word: str) -> str:
    """Return a pattern for the whole word; scripts without spaces have no word boundaries."""
    return rf"(?<!\w){re.escape(word)}(?!\w)" if word.isascii() else re.escape(word)


@cache
def stdout_console() -> Console:
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else PIPE_WIDTH_COLUMNS)


def has_color() -> bool:
    """Return whether colors and strike-through are shown."""
    return stdout_console().color_system is not None and not stdout_console().no_color


def print_line(*parts: StyledPart) -> None:
    """Print one line; the terminal wraps it."""
    stdout_console().print(_styled_text(*parts), soft_wrap=True)


def print_beside_label(label: StyledPart, *parts: StyledPart) -> None:
    """Print text wrapped beside a margin, with the label in the margin of the first line."""
    width = max(MIN_TEXT_COLUMNS, stdout_console().width - MARGIN_COLUMNS)
    for line in _styled_text(*parts).wrap(stdout_console(), width):
        line.rstrip()
        padding = " " * (MARGIN_COLUMNS - len(label[0]))
        stdout_console().print(_styled_text(label, (padding, "")).append_text(line), soft_wrap=True)
        label = ("", "")


def _styled_text(*parts: StyledPart) -> Text:
    from rich.text import Text

    return Text.assemble(*(parts if has_color() else (text for text, _ in parts)))
