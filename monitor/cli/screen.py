"""Styled lines in a terminal, broken to its width; plain and whole where a program reads or NO_COLOR is set."""

from __future__ import annotations

import sys
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from monitor.cli.output import WIDE

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

Part: TypeAlias = tuple[str, str]  # a text and its style

MARGIN = 13
NARROWEST = 20  # columns of text beside the margin; a narrower terminal breaks lines by itself


@cache
def screen() -> Console:
    """Standard output."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else WIDE)


def coloured() -> bool:
    """Whether colours and strokes are shown."""
    return screen().color_system is not None and not screen().no_color


def show(*parts: Part) -> None:
    """One line; the terminal breaks it."""
    screen().print(_styled(*parts), soft_wrap=True)


def show_beside(head: Part, *parts: Part) -> None:
    """Text that hangs beside a margin with a head in it."""
    for line in _styled(*parts).wrap(screen(), max(NARROWEST, screen().width - MARGIN)):
        line.rstrip()
        gap = " " * (MARGIN - len(head[0]))
        screen().print(_styled(head, (gap, "")).append_text(line), soft_wrap=True)
        head = ("", "")


def _styled(*parts: Part) -> Text:
    from rich.text import Text

    return Text.assemble(*(parts if coloured() else (text for text, _ in parts)))
